module github.com/ClusterCockpit/cc-gateway/tests/servers/cc_backend

go 1.25.0

require github.com/ClusterCockpit/cc-backend v1.5.4
