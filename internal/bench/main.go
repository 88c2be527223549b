//go:build linux

// Command bench measures what tracing costs: the programs in the kernel, the
// reader, and above all what is traced, against no tracer and against others. It
// prints a table, keeps it under docs/bench, and passes no judgement: a timing is
// never a test. It knows the tracer's public API and the built program, not what
// is behind them.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
