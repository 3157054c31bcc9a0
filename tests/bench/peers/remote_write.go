package main

import (
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/encoding/snappy"
	vm "github.com/VictoriaMetrics/VictoriaMetrics/lib/prompb"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
)

// Prometheus' own limit of a decompressed body.
const bodyBytesMax = 32 << 20

func remoteWrite() []Peer {
	return []Peer{
		{"remote_write", "VictoriaMetrics", vmWriteRequest},
		{"remote_write", "Prometheus prompb", prometheusWriteRequest},
		{"remote_write_snappy", "VictoriaMetrics", compressed(vmWriteRequest)},
		{"remote_write_snappy", "Prometheus prompb", compressed(prometheusWriteRequest)},
		{"remote_write_v2", "Prometheus prompb", prometheusRequestV2},
	}
}

func vmWriteRequest(body []byte) Pass {
	unmarshaler := vm.GetWriteRequestUnmarshaler()
	return func() Seen {
		var seen Seen
		request, err := unmarshaler.UnmarshalProtobuf(body)
		must(err)
		for i := range request.Timeseries {
			series := &request.Timeseries[i]
			for _, label := range series.Labels {
				seen.Labels++
				seen.TextBytes += len(label.Name) + len(label.Value)
			}
			for _, sample := range series.Samples {
				seen.Items++
				seen.Values += sample.Value
				seen.Seconds += float64(sample.Timestamp) / 1000
			}
		}
		return seen
	}
}

func prometheusWriteRequest(body []byte) Pass {
	return func() Seen {
		var seen Seen
		var request prompb.WriteRequest
		must(request.Unmarshal(body))
		for i := range request.Timeseries {
			series := &request.Timeseries[i]
			for _, label := range series.Labels {
				seen.Labels++
				seen.TextBytes += len(label.Name) + len(label.Value)
			}
			for _, sample := range series.Samples {
				seen.Items++
				seen.Values += sample.Value
				seen.Seconds += float64(sample.Timestamp) / 1000
			}
		}
		return seen
	}
}

func prometheusRequestV2(body []byte) Pass {
	return func() Seen {
		var seen Seen
		var request writev2.Request
		must(request.Unmarshal(body))
		for i := range request.Timeseries {
			series := &request.Timeseries[i]
			for n := 0; n+1 < len(series.LabelsRefs); n += 2 {
				seen.Labels++
				seen.TextBytes += len(request.Symbols[series.LabelsRefs[n]]) + len(request.Symbols[series.LabelsRefs[n+1]])
			}
			for _, sample := range series.Samples {
				seen.Items++
				seen.Values += sample.Value
				seen.Seconds += float64(sample.Timestamp) / 1000
			}
		}
		return seen
	}
}

// compressed is the same with decompression before it, into a buffer that is kept.
func compressed(open func(body []byte) Pass) func(body []byte) Pass {
	return func(body []byte) Pass {
		buffer, err := snappy.Decode(nil, body, bodyBytesMax)
		must(err)
		pass := open(buffer)
		return func() Seen {
			again, err := snappy.Decode(buffer[:cap(buffer)], body, bodyBytesMax)
			must(err)
			if &again[0] != &buffer[0] {
				panic("the buffer was not reused")
			}
			return pass()
		}
	}
}
