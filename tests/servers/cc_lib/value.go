package main

import (
	"errors"
	"fmt"
	"math"
)

// Value is a field's value with its kind, which JSON alone would lose: {"int":1}.
type Value struct {
	Float  *float64 `json:"float,omitempty"`
	Int    *int64   `json:"int,omitempty"`
	Uint   *uint64  `json:"uint,omitempty"`
	String *string  `json:"string,omitempty"`
	Bool   *bool    `json:"bool,omitempty"`
}

func (v Value) get() (any, error) {
	switch {
	case v.Float != nil:
		return *v.Float, nil
	case v.Int != nil:
		return *v.Int, nil
	case v.Uint != nil:
		return *v.Uint, nil
	case v.String != nil:
		return *v.String, nil
	case v.Bool != nil:
		return *v.Bool, nil
	}
	return nil, errors.New("a value is one of float, int, uint, string, bool")
}

func valueOf(value any) (Value, error) {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Value{}, fmt.Errorf("JSON has no %v", v)
		}
		return Value{Float: &v}, nil
	case int64:
		return Value{Int: &v}, nil
	case uint64:
		return Value{Uint: &v}, nil
	case string:
		return Value{String: &v}, nil
	case bool:
		return Value{Bool: &v}, nil
	}
	return Value{}, fmt.Errorf("a field of type %T", value)
}
