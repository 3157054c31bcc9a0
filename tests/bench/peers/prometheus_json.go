package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/valyala/fastjson"
)

func prometheusJSON() []Peer {
	return []Peer{
		{"prometheus_json", "encoding/json", encodingJSON},
		{"prometheus_json", "fastjson", fastJSON},
		{"prometheus_json", "client_golang", clientGolang},
	}
}

// Into the structs that everybody writes who does not want a client library.
func encodingJSON(body []byte) Pass {
	type sample struct {
		Metric map[string]string `json:"metric"`
		Value  [2]any            `json:"value"`
	}
	type answer struct {
		Status string `json:"status"`
		Data   struct {
			ResultType string   `json:"resultType"`
			Result     []sample `json:"result"`
		} `json:"data"`
	}
	return func() Seen {
		var seen Seen
		var decoded answer
		must(json.Unmarshal(body, &decoded))
		for _, one := range decoded.Data.Result {
			value, err := strconv.ParseFloat(one.Value[1].(string), 64)
			must(err)
			seen.Items++
			seen.Values += value
			seen.Seconds += one.Value[0].(float64)
			for name, label := range one.Metric {
				seen.Labels++
				seen.TextBytes += len(name) + len(label)
			}
		}
		return seen
	}
}

// What vmalert reads the elements with; here the whole answer, without its copies.
func fastJSON(body []byte) Pass {
	var parser fastjson.Parser
	return func() Seen {
		var seen Seen
		answer, err := parser.ParseBytes(body)
		must(err)
		for _, one := range answer.GetArray("data", "result") {
			seen.Items++
			one.GetObject("metric").Visit(func(name []byte, label *fastjson.Value) {
				seen.Labels++
				seen.TextBytes += len(name) + len(label.GetStringBytes())
			})
			pair := one.GetArray("value")
			value, err := strconv.ParseFloat(text(pair[1].GetStringBytes()), 64)
			must(err)
			seen.Values += value
			seen.Seconds += pair[0].GetFloat64()
		}
		return seen
	}
}

// replay is a server that has answered already.
type replay []byte

func (replay) URL(endpoint string, _ map[string]string) *url.URL { return &url.URL{Path: endpoint} }

func (body replay) Do(context.Context, *http.Request) (*http.Response, []byte, error) {
	return &http.Response{StatusCode: http.StatusOK}, body, nil
}

// Prometheus' own client; its body reading is left out.
func clientGolang(body []byte) Pass {
	client := v1.NewAPI(replay(body))
	return func() Seen {
		var seen Seen
		answer, _, _, err := client.Query(context.Background(), "node_load1", time.Time{})
		must(err)
		vector, ok := answer.(model.Vector)
		if !ok {
			must(fmt.Errorf("not a vector: %v", answer.Type()))
		}
		for _, one := range vector {
			seen.Items++
			seen.Values += float64(one.Value)
			seen.Seconds += float64(one.Timestamp) / 1000
			for name, label := range one.Metric {
				seen.Labels++
				seen.TextBytes += len(name) + len(label)
			}
		}
		return seen
	}
}
