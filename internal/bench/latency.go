//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	ptracens "github.com/ptrace-ns/ptrace-ns/tracer"
)

// lateForks is how many processes are made for one distribution of delays.
const lateForks = 150

// latency tells how long it is from a fork in the kernel to its line in a reader's
// hands, at a rate at which the ring never fills, with and without --latency.
func (b *bench) latency() error {
	b.saying("latency")
	b.printf("\nFrom a fork to its line in a pipe, ms, %d forks 10 to 60 ms apart\n%-24s %7s %7s %7s\n", lateForks, "", "p50", "p99", "most")
	for _, more := range [][]string{nil, {"--latency"}} {
		late, err := b.late(more...)
		if err != nil {
			return err
		}
		if len(late) < lateForks {
			return fmt.Errorf("latency: %d of %d forks were told", len(late), lateForks)
		}
		slices.Sort(late)
		b.printf("%-24s %7.2f %7.2f %7.2f\n", strings.Join(append([]string{"watch"}, more...), " "), late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
	}
	return nil
}

// late returns the delays of the forks that the harness made, in ms.
func (b *bench) late(more ...string) (late []float64, err error) {
	cmd := exec.Command(b.program, append([]string{"watch", "-o", "json", "-q", "-e", "fork", "--log-level", "error"}, more...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	if _, err := lines.ReadBytes('\n'); err != nil { // the header: it is attached
		return nil, errors.Join(err, cmd.Wait())
	}
	delays := make(chan map[int]float64)
	go func() { delays <- readDelays(lines) }()
	var made []int
	for range lateForks {
		time.Sleep(10*time.Millisecond + rand.N(50*time.Millisecond))
		child := exec.Command(filepath.Join(filepath.Dir(b.workload), "pn-nothing"))
		if err = child.Run(); err != nil {
			break
		}
		made = append(made, child.Process.Pid)
	}
	time.Sleep(200 * time.Millisecond)
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGINT))
	told := <-delays
	for _, pid := range made {
		if ms, ok := told[pid]; ok {
			late = append(late, ms)
		}
	}
	return late, errors.Join(err, cmd.Wait())
}

// readDelays reads to the end, and returns of each fork how late its line came, in ms.
func readDelays(lines *bufio.Reader) map[int]float64 {
	delays := map[int]float64{}
	for {
		line, err := lines.ReadBytes('\n')
		now := ptracens.Now()
		if err != nil {
			return delays
		}
		var fork struct {
			BootNS  uint64 `json:"boot_ns"`
			Process struct{ PID int }
		}
		if json.Unmarshal(bytes.TrimSpace(line), &fork) == nil && now > fork.BootNS {
			delays[fork.Process.PID] = float64(now-fork.BootNS) / 1e6
		}
	}
}
