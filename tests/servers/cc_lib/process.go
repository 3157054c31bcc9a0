package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	ccmessage "github.com/ClusterCockpit/cc-lib/v2/ccMessage"
	messageprocessor "github.com/ClusterCockpit/cc-lib/v2/messageProcessor"
)

// Message is a message with its meta information, which no line protocol carries. Time is in nanoseconds.
type Message struct {
	Name   string            `json:"name"`
	Tags   map[string]string `json:"tags"`
	Meta   map[string]string `json:"meta"`
	Fields map[string]Value  `json:"fields"`
	Time   int64             `json:"time"`
}

// Process answers each message with what becomes of it: a message, {"dropped":true} or {"error":"…"}.
//
// The first line is a configuration, {"config":{…}} another one: no answer, or {"refused":"…"} and then none for the
// messages behind it. What add_base_env adds stays for all later configurations, as the library keeps it for the process.
type Process struct {
	output    *json.Encoder
	begun     bool
	processor messageprocessor.MessageProcessor // nil after a configuration that was refused
}

func newProcess(output *json.Encoder) *Process { return &Process{output: output} }

func (p *Process) answer(line []byte) error {
	var begin struct {
		Config json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal(line, &begin); err != nil {
		return err
	}
	switch {
	case begin.Config != nil:
		return p.configure(begin.Config)
	case !p.begun:
		return p.configure(line)
	case p.processor == nil:
		return nil
	}
	var message Message
	if err := json.Unmarshal(line, &message); err != nil {
		return err
	}
	processed, err := p.process(message)
	switch {
	case err != nil:
		return p.output.Encode(map[string]string{"error": err.Error()})
	case processed == nil:
		return p.output.Encode(map[string]bool{"dropped": true})
	}
	return p.output.Encode(processed)
}

func (p *Process) configure(config json.RawMessage) error {
	p.begun = true
	processor, err := newProcessor(config)
	p.processor = processor
	if err != nil {
		return p.output.Encode(map[string]string{"refused": err.Error()})
	}
	return nil
}

// nil for a message that is dropped.
func (p *Process) process(message Message) (after *Message, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			after, err = nil, fmt.Errorf("panic: %v", reason)
		}
	}()
	fields := make(map[string]any, len(message.Fields))
	for key, value := range message.Fields {
		if fields[key], err = value.get(); err != nil {
			return nil, fmt.Errorf("field %q: %w", key, err)
		}
	}
	before, err := ccmessage.NewMessage(message.Name, message.Tags, message.Meta, fields, time.Unix(0, message.Time))
	if err != nil {
		return nil, err
	}
	processed, err := p.processor.ProcessMessage(before)
	if err != nil || processed == nil {
		return nil, err
	}
	return messageOf(processed)
}

func messageOf(message ccmessage.CCMessage) (*Message, error) {
	fields := make(map[string]Value, len(message.Fields()))
	for key, value := range message.Fields() {
		var err error
		if fields[key], err = valueOf(value); err != nil {
			return nil, fmt.Errorf("field %q: %w", key, err)
		}
	}
	return &Message{message.Name(), message.Tags(), message.Meta(), fields, message.Time().UnixNano()}, nil
}

func newProcessor(config json.RawMessage) (messageprocessor.MessageProcessor, error) {
	processor, err := messageprocessor.NewMessageProcessor()
	if err != nil {
		return nil, err
	}
	if processor == nil {
		return nil, errors.New("no processor")
	}
	if err := processor.FromConfigJSON(config); err != nil {
		return nil, err
	}
	return processor, nil
}
