package main

import (
	"encoding/json"

	ccunits "github.com/ClusterCockpit/cc-lib/v2/ccUnits"
)

// UnitQuestion asks what a unit is and, where there is a prefix, what changing to that gives.
type UnitQuestion struct {
	Unit   string  `json:"unit"`
	Prefix *string `json:"prefix"`
	Value  *Value  `json:"value"`
}

// UnitAnswer has nothing but Valid for a text that is no unit, and nothing but Valid and Short where the prefix is none.
type UnitAnswer struct {
	Valid   bool     `json:"valid"`
	Short   string   `json:"short,omitempty"`
	Changed string   `json:"changed,omitempty"`
	Factor  *float64 `json:"factor,omitempty"`
	Value   *Value   `json:"value,omitempty"`
}

// As the message processor's changeUnitPrefix does it.
func answerUnit(line []byte, output *json.Encoder) error {
	var question UnitQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return err
	}
	unit := ccunits.NewUnit(question.Unit)
	answer := UnitAnswer{Valid: unit.Valid()}
	if !unit.Valid() {
		return output.Encode(answer)
	}
	answer.Short = unit.Short()
	if question.Prefix == nil {
		return output.Encode(answer)
	}
	prefix := ccunits.NewPrefix(*question.Prefix)
	if prefix == ccunits.InvalidPrefix {
		return output.Encode(answer)
	}
	convert, changed := ccunits.GetUnitPrefixFactor(unit, prefix)
	if convert == nil || !changed.Valid() {
		return output.Encode(answer)
	}
	answer.Changed = changed.Short()
	factor := convert(1.0).(float64)
	answer.Factor = &factor
	if question.Value != nil {
		before, err := question.Value.get()
		if err != nil {
			return err
		}
		after, err := valueOf(convert(before))
		if err != nil {
			return err
		}
		answer.Value = &after
	}
	return output.Encode(answer)
}
