package main

import (
	"bytes"
	"errors"
	"io"

	vm "github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func exposition() []Peer {
	return []Peer{
		{"exposition", "VictoriaMetrics", vmPage},
		{"exposition", "VictoriaMetrics with metadata", vmPageMetadata},
		{"exposition", "Prometheus textparse", textparsePage},
		{"exposition", "Prometheus expfmt", expfmtPage},
		{"openmetrics", "Prometheus textparse", openMetricsPage},
	}
}

func refuse(line string) { must(errors.New(line)) }

func vmSeen(rows *vm.Rows) Seen {
	var seen Seen
	for i := range rows.Rows {
		row := &rows.Rows[i]
		seen.Items++
		seen.TextBytes += len(row.Metric)
		for _, tag := range row.Tags {
			seen.Labels++
			seen.TextBytes += len(tag.Key) + len(tag.Value)
		}
		seen.Values += row.Value
	}
	return seen
}

func vmPage(body []byte) Pass {
	var rows vm.Rows
	return func() Seen {
		rows.UnmarshalWithErrLogger(text(body), refuse)
		return vmSeen(&rows)
	}
}

func vmPageMetadata(body []byte) Pass {
	var rows vm.Rows
	var metadata vm.MetadataRows
	return func() Seen {
		rows, metadata = vm.UnmarshalWithMetadata(rows, metadata, text(body), refuse)
		return vmSeen(&rows)
	}
}

// As Prometheus reads a page with series that it sees for the first time: it takes the labels of each.
func textparsePage(body []byte) Pass {
	return parsed(func() textparse.Parser { return textparse.NewPromParser(body, labels.NewSymbolTable(), false) })
}

func openMetricsPage(body []byte) Pass {
	return parsed(func() textparse.Parser { return textparse.NewOpenMetricsParser(body, labels.NewSymbolTable()) })
}

func parsed(open func() textparse.Parser) Pass {
	return func() Seen {
		var seen Seen
		parser := open()
		var set labels.Labels
		for {
			entry, err := parser.Next()
			if errors.Is(err, io.EOF) {
				return seen
			}
			must(err)
			if entry != textparse.EntrySeries {
				continue
			}
			_, _, value := parser.Series()
			parser.Labels(&set)
			seen.Items++
			seen.Values += value
			set.Range(func(label labels.Label) {
				if label.Name == labels.MetricName {
					seen.TextBytes += len(label.Value)
					return
				}
				seen.Labels++
				seen.TextBytes += len(label.Name) + len(label.Value)
			})
		}
	}
}

func expfmtPage(body []byte) Pass {
	return func() Seen {
		var seen Seen
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
		must(err)
		for name, family := range families {
			for _, metric := range family.Metric {
				seen.Items++
				seen.TextBytes += len(name)
				for _, label := range metric.Label {
					seen.Labels++
					seen.TextBytes += len(label.GetName()) + len(label.GetValue())
				}
				seen.Values += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
		return seen
	}
}
