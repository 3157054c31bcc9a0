// ClusterCockpit's own library as a program, to compare ours with: one JSON object a line, in and out.
//
//	cc_lib units                          units and changes of their prefix
//	cc_lib process                        messages through a message processor
//	cc_lib bench FILE CONFIG [SECONDS]    how many lines a second of one CPU a message processor takes
//
// What the library decides by the order of a Go map is as random here.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	cclog "github.com/ClusterCockpit/cc-lib/v2/ccLogger"
)

// A JSON line may hold a whole configuration.
const lineBytesMax = 16 << 20

func main() {
	cclog.Init("warn", false) // else it tells of each message that is no metric
	output := bufio.NewWriter(os.Stdout)
	err := run(os.Args[1:], json.NewEncoder(output))
	if flushed := output.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cc_lib:", err)
		os.Exit(1)
	}
}

func run(args []string, output *json.Encoder) error {
	switch {
	case len(args) == 1 && args[0] == "units":
		return eachLine(func(line []byte) error { return answerUnit(line, output) })
	case len(args) == 1 && args[0] == "process":
		return eachLine(newProcess(output).answer)
	case (len(args) == 3 || len(args) == 4) && args[0] == "bench":
		seconds := 3.0
		if len(args) == 4 {
			var err error
			if seconds, err = strconv.ParseFloat(args[3], 64); err != nil {
				return fmt.Errorf("SECONDS: %w", err)
			}
		}
		return bench(args[1], args[2], time.Duration(seconds*float64(time.Second)), output)
	}
	return fmt.Errorf("usage: cc_lib units | process | bench FILE CONFIG [SECONDS]")
}

func eachLine(answer func(line []byte) error) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineBytesMax)
	for number := 1; lines.Scan(); number++ {
		if err := answer(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return lines.Err()
}
