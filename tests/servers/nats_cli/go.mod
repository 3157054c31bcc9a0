module github.com/ClusterCockpit/cc-gateway/tests/servers/nats_cli

go 1.25.0

require github.com/nats-io/natscli v0.3.0
