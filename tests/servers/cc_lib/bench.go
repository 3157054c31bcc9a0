package main

import (
	"encoding/json"
	"os"
	"runtime"
	"syscall"
	"time"

	ccmessage "github.com/ClusterCockpit/cc-lib/v2/ccMessage"
	messageprocessor "github.com/ClusterCockpit/cc-lib/v2/messageProcessor"
)

// Speed is the output: of one pass over the file, but for the rate.
type Speed struct {
	Lines          int     `json:"lines"`
	Dropped        int     `json:"dropped"`
	Failed         int     `json:"failed"` // by an error of a rule, which drops the message too
	BytesWritten   int     `json:"bytes_written"`
	Passes         int     `json:"passes"`
	LinesPerSecond float64 `json:"lines_per_second"`
}

// What a receiver, its message processor and a sink do with the file's lines, whose times are in nanoseconds: one pass over
// the whole file after another, by the CPU time of the process with its garbage collector, after a first pass in which
// buffers grow.
func bench(file, config string, atLeast time.Duration, output *json.Encoder) error {
	runtime.GOMAXPROCS(1)
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	rules, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	processor, err := newProcessor(rules)
	if err != nil {
		return err
	}
	speed, err := pass(processor, body)
	if err != nil {
		return err
	}
	runtime.GC()

	begin, took := cpuTime(), time.Duration(0)
	passes := 0
	for took < atLeast {
		if speed, err = pass(processor, body); err != nil {
			return err
		}
		passes++
		took = cpuTime() - begin
	}
	speed.Passes = passes
	speed.LinesPerSecond = float64(speed.Lines*passes) / took.Seconds()
	return output.Encode(speed)
}

func pass(processor messageprocessor.MessageProcessor, body []byte) (Speed, error) {
	var speed Speed
	messages, err := ccmessage.FromBytes(body)
	if err != nil {
		return speed, err
	}
	for _, message := range messages {
		speed.Lines++
		processed, err := processor.ProcessMessage(message)
		switch {
		case err != nil:
			speed.Failed++
		case processed == nil:
			speed.Dropped++
		default:
			speed.BytesWritten += len(processed.ToLineProtocol(nil))
		}
	}
	return speed, nil
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
