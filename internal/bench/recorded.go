//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// recorders are watch, watch that writes a recording beside, and record alone.
func (b *bench) recorders() []live {
	file := b.file("recording") + ".zst"
	return []live{
		b.ourselves(),
		b.ourselves("--force", "-w", file),
		{"record", []string{b.program, "record", "--force", "-o", file, "--log-level", "error"}, func(_ int, _ string) bool { return begun(file) }},
	}
}

// recorded compares watch with what writes a recording: what is traced, and what the
// tracer itself takes for an event while it runs.
func (b *bench) recorded() error {
	w := workload10(all[0])
	results := make([]series, len(b.recorders()))
	for round := range b.pairs {
		if err := b.calm(); err != nil {
			return err
		}
		runs := make([]traced, len(results))
		for turn := range runs {
			i := (round + turn) % len(runs) // another one begins each time
			var err error
			if runs[i], err = b.recordedOnce(b.recorders()[i], w); err != nil {
				return err
			}
		}
		for i, r := range runs {
			results[i].alone, results[i].traced = append(results[i].alone, runs[0].workload), append(results[i].traced, r.workload)
			results[i].own = append(results[i].own, ms(r.own))
		}
	}
	b.printf("\nWhat writes a recording against watch -o json, %s of %d, %d rounds: median (quartiles) of the ratios, and the\n"+
		"tracer's own CPU time for 10 000 events, without its start and its end, ms\n%-14s %-18s %-18s %s\n", w.name, w.n, b.pairs, "", "wall time", "its CPU time", "own, ms")
	for i, name := range []string{"watch", "watch -w FILE", "record -o FILE"} {
		r := results[i]
		b.printf("%-14s %-18s %-18s %s\n", name, r.ratios(wall).ratio(), r.ratios(cpu).ratio(), spreadOf(r.own).tenths())
	}
	return nil
}

// recordedOnce runs the workload under a tracer, and returns what that takes for 10 000
// events; the last frame is compressed within a second. Some hundred events from before
// and behind count, too.
func (b *bench) recordedOnce(l live, w workload) (t traced, err error) {
	_ = os.Remove(b.file("recording") + ".zst")
	watching, err := b.start(l, b.file(l.name))
	if err != nil {
		return t, err
	}
	time.Sleep(1500 * time.Millisecond) // what starting took is given back a second later
	pid := watching.cmd.Process.Pid
	before, err := usedBy(pid)
	if err == nil {
		t.workload, err = b.run(w)
	}
	time.Sleep(1200 * time.Millisecond)
	after, failed := usedBy(pid)
	if err := errors.Join(err, failed, watching.stop()); err != nil {
		return t, err
	}
	n, err := b.events(l)
	if err == nil && n == 0 {
		err = fmt.Errorf("%s told no event", l.name)
	}
	if err != nil {
		return t, err
	}
	t.own = (after - before) * 10_000 / time.Duration(n)
	return t, nil
}

// begun reports whether the recording has its header, which comes once it is attached.
func begun(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Size() > 0
}

// events returns how many lines the tracer wrote.
func (b *bench) events(l live) (int, error) {
	if l.name != "record" {
		out, err := os.ReadFile(b.file(l.name))
		return bytes.Count(out, []byte{'\n'}), err
	}
	out, err := exec.Command(b.program, "replay", "-q", "-o", "json", b.file("recording")+".zst").Output()
	if err != nil {
		return 0, fmt.Errorf("replay: %w", withStderr(err))
	}
	return bytes.Count(out, []byte{'\n'}), nil
}

// workload10 is ten times the workload, so that what else a tracer does in a second is
// little of it.
func workload10(w workload) workload {
	w.n *= 10
	return w
}

func used(p *os.ProcessState) time.Duration { return p.UserTime() + p.SystemTime() }
