// A metric store for tests: the real engine, our HTTP shell.
//
// The engine is ClusterCockpit's own package pkg/metricstore: what is accepted, stored, restored and answered is decided there. cc-metric-store
// wraps it in a small HTTP server; this file is our stand-in for that wrapper. It takes the same configuration file and answers like it:
// same routes, same status codes, same error texts. Two things are ours: `"addr": "127.0.0.1:0"` picks a free port, and the line
// `listening HOST:PORT` on stdout says when requests can come and where.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/ClusterCockpit/cc-backend/pkg/metricstore"
	config "github.com/ClusterCockpit/cc-lib/v2/ccConfig"
	log "github.com/ClusterCockpit/cc-lib/v2/ccLogger"
	"github.com/ClusterCockpit/cc-lib/v2/nats"
)

// settings is the section "main". The keys that the original knows and a test has no use for are read and ignored.
type settings struct {
	Addr         string          `json:"addr"`
	CertFile     string          `json:"https-cert-file"`
	KeyFile      string          `json:"https-key-file"`
	JWTPublicKey string          `json:"jwt-public-key"`
	User         string          `json:"user"`
	Group        string          `json:"group"`
	BackendURL   string          `json:"backend-url"`
	Debug        json.RawMessage `json:"debug"`
}

// Both for a whole request, as the original has them: a body that takes longer is cut.
const requestTimeout = 30 * time.Second

func main() {
	configFile := flag.String("config", "./config.json", "the configuration, in cc-metric-store's format")
	level := flag.String("loglevel", "warn", "debug, info, warn, err or crit")
	dated := flag.Bool("logdate", false, "date and time in log lines")
	flag.Parse()
	log.Init(*level, *dated)
	if err := run(*configFile); err != nil {
		log.Error(err.Error())
		os.Exit(1)
	}
}

func run(configFile string) error {
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()

	config.Init(configFile)
	var main settings
	if err := section("main", &main); err != nil {
		return err
	}
	metrics, err := readMetrics()
	if err != nil {
		return err
	}
	store := config.GetPackageConfig("metric-store")
	if store == nil {
		return errors.New("missing section 'metric-store'")
	}
	if err := nats.Init(config.GetPackageConfig("nats")); err != nil {
		log.Warnf("the optional NATS client: %s", err)
	}
	nats.Connect()

	var workers sync.WaitGroup
	metricstore.Init(store, metrics, &workers)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(15)
	}

	handler, err := routes(main.JWTPublicKey)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", main.Addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout}
	served := make(chan error, 1)
	go func() {
		if main.CertFile != "" && main.KeyFile != "" {
			served <- server.ServeTLS(listener, main.CertFile, main.KeyFile)
		} else {
			served <- server.Serve(listener)
		}
	}()
	fmt.Printf("listening %s\n", listener.Addr())

	select {
	case err = <-served:
		return err
	case <-stop.Done():
	}
	if client := nats.GetClient(); client != nil {
		client.Close()
	}
	grace, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	err = server.Shutdown(grace)
	metricstore.Shutdown()
	workers.Wait()
	return err
}

// section decodes one top-level object; as in the original an unknown key is fatal.
func section(name string, into any) error {
	raw := config.GetPackageConfig(name)
	if raw == nil {
		return fmt.Errorf("missing section '%s'", name)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("section '%s': %w", name, err)
	}
	return nil
}

func readMetrics() (map[string]metricstore.MetricConfig, error) {
	var entries map[string]struct {
		Frequency   int64            `json:"frequency"`
		Aggregation *json.RawMessage `json:"aggregation"`
	}
	// A key with the value null leaves the pointer nil, so whether "aggregation" stands there is asked separately.
	var keys map[string]map[string]json.RawMessage
	if err := section("metrics", &entries); err != nil {
		return nil, err
	}
	if err := section("metrics", &keys); err != nil {
		return nil, err
	}
	metrics := make(map[string]metricstore.MetricConfig, len(entries))
	for name, entry := range entries {
		if _, there := keys[name]["aggregation"]; !there || entry.Frequency <= 0 {
			return nil, fmt.Errorf("metric '%s' needs 'frequency' (> 0) and 'aggregation' (sum, avg or null)", name)
		}
		var text string
		if entry.Aggregation != nil {
			if err := json.Unmarshal(*entry.Aggregation, &text); err != nil {
				return nil, fmt.Errorf("metric '%s': aggregation: %w", name, err)
			}
		}
		aggregation, err := metricstore.AssignAggregationStrategy(text)
		if err != nil {
			return nil, fmt.Errorf("metric '%s': %w", name, err)
		}
		metrics[name] = metricstore.MetricConfig{Frequency: entry.Frequency, Aggregation: aggregation}
	}
	return metrics, nil
}
