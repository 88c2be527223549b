package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// What is offered to the shell is from a recording, where the line names one, else from
// /proc and the runtimes' files: somebody who waits for a word has not asked for tracing.
const (
	completionTime = 2 * time.Second // for as long a recording is read
	maxOffered     = 1000            // words
)

// offers are what a recording or this machine has names for. It is a sink.
type offers struct {
	containers []*events.Container
	seen       map[events.Container]bool // by id and namespace
	processes  map[int32]string          // PIDs and names
}

func newOffers() *offers {
	return &offers{seen: map[events.Container]bool{}, processes: map[int32]string{}}
}

// Put takes the container and the process of an event.
func (n *offers) Put(ev *events.Event) error {
	n.add(ev.Process.Container)
	if p := &ev.Process; p.Key.PID != 0 && p.Comm != "" {
		n.processes[p.Key.PID] = p.Comm
	}
	return nil
}

// Flush does nothing.
func (n *offers) Flush() error { return nil }

func (n *offers) add(c *events.Container) {
	if c == nil || c.ID == "" {
		return
	}
	key := events.Container{ID: c.ID, Namespace: c.Namespace, Name: c.Name}
	if !n.seen[key] && len(n.seen) < maxOffered {
		n.seen[key] = true
		n.containers = append(n.containers, c.Clone())
	}
}

// recorded returns the names in a recording, as far as it can be read in a moment.
func (a *app) recorded(ctx context.Context, path string) *offers {
	found, silent := newOffers(), *a
	silent.log, silent.errTTY = zerolog.Nop(), false
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	if path == "-" {
		return found
	}
	from, err := silent.openRecording(ctx, path, false)
	if err != nil {
		return found
	}
	_ = from.run(ctx, from, found) // what is whole is offered
	_ = from.file.Close()          // only read
	return found
}

// namesNow returns the names of the processes that run below root, "/" but for tests.
func namesNow(root string) *offers {
	found, resolver := newOffers(), container.NewResolver(root)
	dirs, _ := filepath.Glob(filepath.Join(root, "proc/[0-9]*"))
	places := map[string]bool{}
	for _, dir := range dirs {
		pid, err := strconv.ParseInt(filepath.Base(dir), 10, 32)
		comm, readErr := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || readErr != nil {
			continue // it has ended
		}
		found.processes[int32(pid)] = strings.TrimSuffix(string(comm), "\n")
		cgroups, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		for line := range strings.Lines(string(cgroups)) {
			part := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
			if len(part) < 3 || places[part[2]] {
				continue
			}
			places[part[2]] = true
			whose := resolver.Identify(part[2])
			found.add(whose.Container)
			for _, t := range whose.Tenants {
				found.add(t.Container)
			}
		}
	}
	return found
}

// namesFor returns the names of the recording that -r or the first argument names, else
// of this machine.
func (a *app) namesFor(cmd *cobra.Command, path string) *offers {
	if f := cmd.Flags().Lookup("recording"); path == "" && f != nil {
		path = f.Value.String()
	}
	if path != "" {
		return a.recorded(cmd.Context(), path)
	}
	return namesNow("/")
}

// containersBegun returns the names and ids that begin so, with what they are.
func (n *offers) containersBegun(begun string) (words []string) {
	for _, c := range n.containers {
		what := strings.TrimSpace(c.Runtime + " " + c.Image)
		if c.Name != "" {
			words = append(words, word(c.Name, what))
		}
		short := container.Label(&events.Container{ID: c.ID})
		if c.Name == "" || begun != "" && strings.HasPrefix(c.ID, begun) {
			if len(begun) > len(short) {
				short = c.ID
			}
			words = append(words, word(short, strings.TrimSpace(what+" "+c.Name)))
		}
	}
	return chosen(words, begun)
}

// processesBegun returns the PIDs that begin so, with the processes' names.
func (n *offers) processesBegun(begun string) (words []string) {
	for pid, comm := range n.processes {
		words = append(words, word(strconv.Itoa(int(pid)), comm))
	}
	return chosen(words, begun)
}

// word is one that is offered, and what is said of it; both may be anybody's bytes.
func word(text, says string) string {
	return fmt.Sprintf("%s\t%s", safe.String(text), safe.String(says))
}

func chosen(words []string, begun string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, begun) })
	slices.Sort(words)
	words = slices.Compact(words)
	return words[:min(len(words), maxOffered)]
}

// completeContainer offers containers for the flag -c.
func (a *app) completeContainer(cmd *cobra.Command, path func(args []string) string) {
	offer := func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		return a.namesFor(cmd, path(args)).containersBegun(begun), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("container", offer); err != nil {
		panic(err)
	}
}

// noPath is of commands whose arguments name no recording, firstPath of those whose
// first one does.
func noPath([]string) string { return "" }

func firstPath(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// completeStart offers what timeline and explain take: FILE, then a container of it, or
// with --live one of this machine.
func (s *startSource) completeStart(a *app) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		switch {
		case s.live && len(args) == 0:
			return namesNow("/").containersBegun(begun), cobra.ShellCompDirectiveNoFileComp
		case !s.live && len(args) == 0:
			return nil, cobra.ShellCompDirectiveDefault
		case !s.live && len(args) == 1:
			return a.recorded(cmd.Context(), args[0]).containersBegun(begun), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// completePID offers the one process that lineage and tree take.
func (a *app) completePID(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.namesFor(cmd, "").processesBegun(begun), cobra.ShellCompDirectiveNoFileComp
}
