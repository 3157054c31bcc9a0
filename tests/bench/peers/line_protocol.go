package main

import (
	"strings"
	"time"
	"unsafe"

	vm "github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/influx"

	cc "github.com/ClusterCockpit/cc-line-protocol/v2/lineprotocol"
	influx "github.com/influxdata/line-protocol/v2/lineprotocol"
)

func lineProtocol() []Peer {
	var all []Peer
	for _, row := range []string{"line_protocol", "line_protocol_120k"} {
		all = append(all,
			Peer{row, "VictoriaMetrics", vmLines},
			Peer{row, "VictoriaMetrics, 64 KiB blocks", vmLinesInBlocks},
			Peer{row, "cc-line-protocol", ccLines},
			Peer{row, "influxdata/line-protocol", influxLines})
	}
	return all
}

// text is body as a string without a copy: what VictoriaMetrics does with its read buffer.
func text(body []byte) string { return unsafe.String(unsafe.SliceData(body), len(body)) }

func vmLines(body []byte) Pass {
	var rows vm.Rows
	return func() Seen {
		var seen Seen
		seen.addRows(&rows, text(body))
		return seen
	}
}

// As its server works: it reads the body in blocks of whole lines, whose rows fit the cache.
func vmLinesInBlocks(body []byte) Pass {
	const blockBytes = 64 << 10
	var rows vm.Rows
	return func() Seen {
		var seen Seen
		rest := text(body)
		for len(rest) > blockBytes {
			end := strings.LastIndexByte(rest[:blockBytes], '\n') + 1
			seen.addRows(&rows, rest[:end])
			rest = rest[end:]
		}
		seen.addRows(&rows, rest)
		return seen
	}
}

func (seen *Seen) addRows(rows *vm.Rows, lines string) {
	rows.Reset()
	must(rows.Unmarshal(lines, false))
	for i := range rows.Rows {
		row := &rows.Rows[i]
		seen.Items++
		seen.TextBytes += len(row.Measurement)
		for _, tag := range row.Tags {
			seen.Labels++
			seen.TextBytes += len(tag.Key) + len(tag.Value)
		}
		seen.Values += row.Fields[0].Value
		seen.Seconds += float64(row.Timestamp)
	}
}

// The two below are one module and its fork; Go has no way to say so in a type.

func ccLines(body []byte) Pass {
	return func() Seen {
		var seen Seen
		decoder := cc.NewDecoderWithBytes(body)
		for decoder.Next() {
			measurement, err := decoder.Measurement()
			must(err)
			seen.Items++
			seen.TextBytes += len(measurement)
			for {
				key, value, err := decoder.NextTag()
				must(err)
				if key == nil {
					break
				}
				seen.Labels++
				seen.TextBytes += len(key) + len(value)
			}
			for {
				key, value, err := decoder.NextField()
				must(err)
				if key == nil {
					break
				}
				if value.Kind() == cc.Float {
					seen.Values += value.FloatV()
				} else {
					seen.Values += float64(value.IntV())
				}
			}
			at, err := decoder.Time(cc.Second, time.Time{})
			must(err)
			seen.Seconds += float64(at.Unix())
		}
		return seen
	}
}

func influxLines(body []byte) Pass {
	return func() Seen {
		var seen Seen
		decoder := influx.NewDecoderWithBytes(body)
		for decoder.Next() {
			measurement, err := decoder.Measurement()
			must(err)
			seen.Items++
			seen.TextBytes += len(measurement)
			for {
				key, value, err := decoder.NextTag()
				must(err)
				if key == nil {
					break
				}
				seen.Labels++
				seen.TextBytes += len(key) + len(value)
			}
			for {
				key, value, err := decoder.NextField()
				must(err)
				if key == nil {
					break
				}
				if value.Kind() == influx.Float {
					seen.Values += value.FloatV()
				} else {
					seen.Values += float64(value.IntV())
				}
			}
			at, err := decoder.Time(influx.Second, time.Time{})
			must(err)
			seen.Seconds += float64(at.Unix())
		}
		return seen
	}
}
