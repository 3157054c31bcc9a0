package main

import (
	"bytes"
	"encoding/json"
	"time"

	client "github.com/influxdata/influxdb1-client/v2"
)

func influxJSON() []Peer {
	return []Peer{
		{"influxql_json", "influxdb1-client", influxQL},
		{"influxdb3_json", "encoding/json", influxDB3},
	}
}

// As the client's Query reads an answer; its callers turn the numbers into what they need.
func influxQL(body []byte) Pass {
	return func() Seen {
		var seen Seen
		var response client.Response
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		must(decoder.Decode(&response))
		must(response.Error())
		for _, result := range response.Results {
			for _, series := range result.Series {
				for _, row := range series.Values {
					seen.Items++
					for key, value := range series.Tags {
						seen.Labels++
						seen.TextBytes += len(key) + len(value)
					}
					at, err := row[0].(json.Number).Int64()
					must(err)
					value, err := row[1].(json.Number).Float64()
					must(err)
					seen.Seconds += float64(at)
					seen.Values += value
				}
			}
		}
		return seen
	}
}

func influxDB3(body []byte) Pass {
	return func() Seen {
		var seen Seen
		var rows []map[string]any
		must(json.Unmarshal(body, &rows))
		for _, row := range rows {
			seen.Items++
			for key, value := range row {
				switch value := value.(type) {
				case float64:
					seen.Values += value
				case string:
					if key != "time" {
						seen.Labels++
						seen.TextBytes += len(key) + len(value)
						continue
					}
					at, err := time.Parse("2006-01-02T15:04:05", value)
					must(err)
					seen.Seconds += float64(at.Unix())
				}
			}
		}
		return seen
	}
}
