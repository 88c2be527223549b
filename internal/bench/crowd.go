//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
)

// crowd tells how long it is to the first event, and how much memory is held, with so
// many processes there before.
func (b *bench) crowd() error {
	b.saying("snapshots of many processes")
	b.printf("\nWith so many more processes there: launch to first event behind the snapshot, ms; resident memory after 2 s, MB\n")
	for _, n := range []int{0, 2500, 5000, 10_000} {
		if err := b.amid(n); err != nil {
			return fmt.Errorf("amid %d processes: %w", n, err)
		}
	}
	return nil
}

func (b *bench) amid(n int) (err error) {
	others := exec.Command(b.workload, "hold", strconv.Itoa(max(n, 1)))
	in, inErr := others.StdinPipe()
	out, outErr := others.StdoutPipe()
	if err := errors.Join(inErr, outErr, others.Start()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close(), others.Wait()) }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return err
	}
	var first []float64
	for range 5 {
		f, _, err := b.launch()
		if err != nil {
			return err
		}
		first = append(first, ms(f))
	}
	resident, err := b.resident("VmRSS:")
	b.printf("%-9d %-18s %6.0f\n", n, spreadOf(first).whole(), resident["VmRSS:"])
	return err
}
