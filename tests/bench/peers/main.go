// Decoders of others over the load files of `./dev bench codecs`, measured as ours are: one pass over the whole file after another, by the CPU time
// of the process with its garbage collector, after a first pass in which buffers grow.
//
//	codec_peers ROW FILE SECONDS [PEER]    one JSON object for each peer of that row
//	codec_peers                            lists rows and peers
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// Seen is what a decoder has handed out in one pass, added up as tests/bench/codecs/load.h does.
type Seen struct {
	Items     int     `json:"items"`
	Labels    int     `json:"labels"`
	TextBytes int     `json:"text_bytes"`
	Values    float64 `json:"values"`
	Seconds   float64 `json:"seconds"`
}

// A Pass decodes the whole file once. It stops the program where the peer refuses the file.
type Pass func() Seen

// Peer prepares what can be kept between bodies, as a server would keep it.
type Peer struct {
	Row  string
	Name string
	Open func(body []byte) Pass
}

func peers() []Peer {
	var all []Peer
	for _, some := range [][]Peer{lineProtocol(), ccMessages(), exposition(), prometheusJSON(), remoteWrite(), fluxCSV(), influxJSON()} {
		all = append(all, some...)
	}
	return all
}

// Result is one line of the output.
type Result struct {
	Row          string  `json:"row"`
	Name         string  `json:"name"`
	SecondsAPass float64 `json:"seconds_a_pass"`
	Allocations  float64 `json:"allocations"`
	Seen
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func mallocs() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

func measure(peer Peer, body []byte, atLeast time.Duration) Result {
	pass := peer.Open(body)
	seen := pass()
	runtime.GC()

	allocated, begin, passes, took := mallocs(), cpuTime(), 0, time.Duration(0)
	for took < atLeast {
		seen = pass()
		passes++
		took = cpuTime() - begin
	}
	return Result{
		Row:          peer.Row,
		Name:         peer.Name,
		SecondsAPass: took.Seconds() / float64(passes),
		Allocations:  float64(mallocs()-allocated) / float64(passes),
		Seen:         seen,
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "codec_peers:", err)
		os.Exit(1)
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) < 4 {
		for _, peer := range peers() {
			fmt.Println(peer.Row + ": " + peer.Name)
		}
		return
	}
	body, err := os.ReadFile(os.Args[2])
	must(err)
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	must(err)
	output := json.NewEncoder(os.Stdout)
	for _, peer := range peers() {
		if peer.Row != os.Args[1] || (len(os.Args) > 4 && os.Args[4] != peer.Name) {
			continue
		}
		must(output.Encode(measure(peer, body, time.Duration(seconds*float64(time.Second)))))
	}
}
