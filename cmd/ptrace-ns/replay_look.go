package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// past is a moment of a recording, for commands that else look at the present; the
// zero value is the present.
type past struct {
	path, at string
	moment   moment
}

func (p *past) add(cmd *cobra.Command) {
	cmd.Flags().VarP(&onceFlag{text: &p.path}, "recording", "r", "what there was in the recording `FILE`, - for standard input; needs neither root nor Linux")
	cmd.Flags().StringVar(&p.at, "at", "", "with -r: at that `MOMENT` and not at the end: "+momentHelp)
}

// check understands the flags.
func (p *past) check(cmd *cobra.Command) (err error) {
	if err := refuseEmpty(cmd.Flags()); err != nil || p.at == "" {
		return err
	}
	if p.path == "" {
		return usageError("--at needs -r FILE")
	}
	p.moment, err = parseMoment("at", p.at)
	return err
}

// census looks at the processes there are or were.
func (p *past) census(ctx context.Context, a *app) (*census, error) {
	if p.path == "" {
		return a.census(ctx)
	}
	from, err := a.openRecording(ctx, p.path, false)
	if err != nil {
		return nil, err
	}
	c, err := recall(ctx, from, p.moment)
	if err == nil {
		c.local = a.boot != "" && a.boot == from.reader.Header().BootID
	}
	if err == nil && c.short+c.early != "" {
		a.log.Warn().Msg(c.short + c.early)
	}
	return c, errors.Join(err, from.file.Close())
}

// recall folds a recording up to a moment; the zero one is its end. A look with which the
// recording opens takes some time, and is taken whole: it shows what was there before.
func recall(ctx context.Context, from *playback, at moment) (*census, error) {
	h := from.reader.Header()
	covered := picture.Covered(h)
	c := &census{
		covered: &covered,
		// Who has ended is remembered: what is asked for is often one of them.
		model: tree.New(tree.Options{Keep: keptForTree}), jobs: jobs{},
		bootTime: h.BootTimeNS, nowNS: h.StartNS, recorded: true,
	}
	part := newSpan(moment{}, at, h)
	c.early = part.early(h)
	opening := true
	last, lastNS := uint64(0), h.StartNS // of all that was read: what comes after the moment tells that the recording goes on
	for {
		ev, err := from.Next(ctx)
		opening = opening && err == nil && ev.Kind == events.Snapshot
		if errors.Is(err, io.EOF) || err == nil && !opening && part.ends(ev) {
			c.damage = from.damage
			if err != nil {
				c.short = part.short(last, lastNS, h)
			}
			if part.toNS > 0 && c.short+c.early == "" {
				c.nowNS = part.toNS
			}
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		if last == 0 {
			covered.Begin(ev)
		}
		last, lastNS = ev.Seq, max(lastNS, ev.BootNS)
		if !opening && part.after(ev) {
			continue
		}
		c.model.Recall(ev)
		if err := c.jobs.Put(ev); err != nil {
			return nil, err
		}
		c.nowNS = max(c.nowNS, ev.BootNS)
	}
}

// latest returns the process that had the PID last: in a recording it has often ended.
func latest(m *tree.Model, pid int32) (found *tree.Process) {
	for p := range m.All() {
		if p.Key.PID == pid && (found == nil || p.Key.Start > found.Key.Start) {
			found = p
		}
	}
	return found
}

// shown is the error of a command that has shown what there was: what went wrong with
// that, or the damage of a recording.
func (c *census) shown(err error) error { return first(ended(err), c.damage) }

// names tells users by name where they are of this machine, which a recording tells until
// the machine boots again. Another machine may have other names for their numbers.
func (c *census) names(local func(uint32) string) func(uint32) string {
	if c.local {
		return local
	}
	return func(uid uint32) string { return strconv.FormatUint(uint64(uid), 10) }
}

// bootID returns what the kernel tells this boot of this machine by, empty where there is
// no such file.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// selected adds to a selection who has ended, where the past shows that.
func (c *census) selected(s picture.Selection, exited bool) picture.Selection {
	s.Ended = c.recorded && exited
	return s
}
