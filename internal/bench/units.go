//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// units runs the Go benchmarks of the steps that every event takes in the reader.
func (b *bench) units() error {
	b.saying("Go benchmarks")
	b.printf("\nSteps of one event in the reader (go test -bench)\n")
	for _, step := range []struct{ pkg, bench string }{
		{"./bpf", "BenchmarkDecode"},
		{"./tracer/tree", "BenchmarkApply"},
		{"./events/ndjson", "BenchmarkAppendEvent"},
	} {
		out, err := exec.Command("go", "test", "-run", "^$", "-bench", step.bench, "-benchmem", "-count", "1", step.pkg).Output()
		if err != nil {
			return fmt.Errorf("benchmark %s: %w", step.pkg, withStderr(err))
		}
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "Benchmark") {
				b.printf("%-32s %s\n", strings.Fields(line)[0], strings.Join(strings.Fields(line)[2:], " "))
			}
		}
	}
	return nil
}
