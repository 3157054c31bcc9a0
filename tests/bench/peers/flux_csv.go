package main

import (
	"bytes"
	"io"

	"github.com/influxdata/influxdb-client-go/v2/api"
)

func fluxCSV() []Peer {
	return []Peer{{"flux_csv", "influxdb-client-go", influxClient}}
}

// InfluxData's own client, which stands on encoding/csv. `result` is a string column as well, but the same everywhere.
func influxClient(body []byte) Pass {
	return func() Seen {
		var seen Seen
		result := api.NewQueryTableResult(io.NopCloser(bytes.NewReader(body)))
		for result.Next() {
			record := result.Record()
			seen.Items++
			seen.Seconds += float64(record.Time().Unix())
			switch value := record.Value().(type) {
			case float64:
				seen.Values += value
			case int64:
				seen.Values += float64(value)
			}
			for name, value := range record.Values() {
				if label, ok := value.(string); ok && name != "result" {
					seen.Labels++
					seen.TextBytes += len(name) + len(label)
				}
			}
		}
		must(result.Err())
		return seen
	}
}
