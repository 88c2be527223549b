package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// linesOf returns a recorded run's header and the lines behind it.
func linesOf(t *testing.T, name string) (header, lines []byte) {
	t.Helper()
	raw, err := os.ReadFile(startRun(name))
	if err != nil {
		t.Fatal(err)
	}
	header, lines, _ = bytes.Cut(raw, []byte("\n"))
	return append(header, '\n'), lines
}

// containerOf returns the one container's id, and its init's PID in words.
func containerOf(t *testing.T, name string) (id []byte, pid string) {
	t.Helper()
	for _, ev := range eventsOf(t, name) {
		if ev.Kind == events.ContainerStart {
			return []byte(ev.Process.Container.ID), fmt.Sprint(ev.Process.Key.PID)
		}
	}
	t.Fatalf("%s has no container", name)
	return nil, ""
}

var aTime = regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}`)

// TestInside: of what began inside the one that is shown is said so, and by which command
// it is shown; what began beside it is another thing.
func TestInside(t *testing.T) {
	outer := &report.Timeline{ID: "1001", Pidns: events.NSInfo{ID: events.NSID{Inum: 1001}, Level: 1}, Init: events.Ref{Key: events.ProcKey{PID: 7}}, BeganNS: 1}
	inner, other, shared := *outer, *outer, *outer
	inner.ID, inner.Pidns = "1002", events.NSInfo{ID: events.NSID{Inum: 1002}, Level: 2}
	inner.Chain = events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 9}, {NS: outer.Pidns.ID, PID: 3}, {NS: inner.Pidns.ID, PID: 1}}
	other.ID, other.Pidns = "1003", events.NSInfo{ID: events.NSID{Inum: 1003}, Level: 1}
	other.Chain = events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 10}, {NS: other.Pidns.ID, PID: 1}}
	shared.ID, shared.Shared, shared.Chain = "web", true, events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 11}, {NS: outer.Pidns.ID, PID: 5}}
	const inside = "1002 began inside it: ptrace-ns explain 'a b.zst' 1002\n"
	const beside = "others started at that time; CONTAINER chooses: there are "
	for _, c := range []struct {
		all    []*report.Timeline
		chosen *report.Timeline
		want   string
	}{
		{[]*report.Timeline{outer, &inner}, outer, inside},
		{[]*report.Timeline{outer, &inner, &other, &shared}, outer, inside + beside + "1003, web\n"},
		{[]*report.Timeline{outer, &inner}, &inner, beside + "1001\n"},
		{[]*report.Timeline{outer}, outer, ""},
	} {
		var out bytes.Buffer
		a := &app{log: zerolog.New(zerolog.ConsoleWriter{Out: &out, NoColor: true, PartsOrder: []string{zerolog.MessageFieldName}})}
		(&starts{all: c.all}).tellOthers(a, "explain", &startSource{path: "a b.zst"}, c.chosen)
		if out.String() != c.want {
			t.Errorf("%d, %s chosen: %q, want %q", len(c.all), c.chosen.ID, out.String(), c.want)
		}
	}
}

// TestTwice: a word that several answer to is wrong usage of every command, and they are
// told apart.
func TestTwice(t *testing.T) {
	header, first := linesOf(t, "docker-run")
	_, second := linesOf(t, "docker-run-again")
	second = bytes.ReplaceAll(second, []byte(`"seq":`), []byte(`"seq":1000`)) // behind the others
	id, pid := containerOf(t, "docker-run")
	idAgain, pidAgain := containerOf(t, "docker-run-again")
	both := bytes.Join([][]byte{header, first, second}, nil)
	for _, c := range []struct {
		raw  []byte
		want string
	}{
		{bytes.ReplaceAll(both, idAgain, id), "container web is there twice: choose by the init's PID, " + pid + " (began at TIME, exited 0), " + pidAgain + " (began at TIME, exited 0)"},
		{both, "container web is one of 2: choose by the init's PID, " + pid + " (" + string(id[:12]) + "), " + pidAgain + " (" + string(idAgain[:12]) + ")"},
	} {
		input := func(a *app) { a.in = bytes.NewReader(c.raw) }
		for _, args := range [][]string{{"timeline", "-", "web"}, {"timeline", "-o", "json", "-", "web"}, {"explain", "-", "web"}, {"diff", "--", "-:web", startRun("docker-run")}} {
			r := (&fake{}).execute(t, input, args...)
			if r.code != exitUsage || r.err == nil || !strings.HasSuffix(aTime.ReplaceAllString(r.err.Error(), "TIME"), c.want) || r.out != "" {
				t.Errorf("%v: %d, %v, want %s, printed %q", args, r.code, r.err, c.want, r.out)
			}
			if all := aTime.FindAllString(fmt.Sprint(r.err), -1); len(all) > 0 && (len(all) != 2 || all[0] == all[1]) {
				t.Errorf("%v: the two began at %v", args, all)
			}
		}
		for _, command := range []string{"timeline", "explain"} {
			if r := (&fake{}).execute(t, input, command, "-", pidAgain); r.code != 0 || !strings.Contains(r.out, "init is "+pidAgain) && !strings.Contains(r.out, "init "+pidAgain) {
				t.Errorf("%s by PID: %d, %v, printed %.200s", command, r.code, r.err, r.out)
			}
		}
	}
}

// TestChooseEventful: where no start was seen, the one to which something happened is meant,
// and where that are several, all are there to choose from.
func TestChooseEventful(t *testing.T) {
	quiet, other := &report.Timeline{ID: "quiet"}, &report.Timeline{ID: "other"}
	entered := &report.Timeline{ID: "entered", Phases: []report.Phase{{Name: "entered"}}}
	if one, _, err := (&starts{all: []*report.Timeline{quiet, entered, other}}).choose(""); one != entered || err != nil {
		t.Errorf("chosen %+v, %v", one, err)
	}
	ended := &report.Timeline{ID: "ended", Phases: []report.Phase{{Name: "exit"}}}
	for _, all := range [][]*report.Timeline{{quiet, other}, {quiet, entered, ended}} {
		one, several, err := (&starts{all: all}).choose("")
		if one != nil || len(several) != len(all) || !errors.Is(err, errSeveral) {
			t.Errorf("of %d: %+v, %d, %v", len(all), one, len(several), err)
		}
	}
}

// TestExactName: who is called so comes before those whose ids only begin so.
func TestExactName(t *testing.T) {
	named := func(id, name string) *report.Timeline {
		return &report.Timeline{ID: id, Container: &events.Container{ID: id, Name: name}}
	}
	all := &starts{all: []*report.Timeline{named("ab1", "x"), named("cd1", "ab"), named("ab2", "y"), named("ab", "z")}}
	for word, want := range map[string]string{"cd": "cd1", "x": "ab1", "ab": "cd1 ab", "ab2": "ab2", "a": "ab1 ab2 ab"} {
		var got []string
		for _, one := range all.named(word) {
			got = append(got, one.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", word, got, want)
		}
	}
}

// TestRefusedByTheDaemon: of docker run whose image is missing it is said that nothing was
// started; no other container is shown in its place.
func TestRefusedByTheDaemon(t *testing.T) {
	header, lines := linesOf(t, "docker-run")
	refused := header
	for line := range bytes.Lines(lines) {
		if bytes.Contains(line, []byte(`/docker"`)) || bytes.Contains(line, []byte(`"comm":"docker"`)) && bytes.Contains(line, []byte(`"event":"exit"`)) {
			refused = append(refused, bytes.Replace(line, []byte(`"exit":{"code":0}`), []byte(`"exit":{"code":125}`), 1)...)
		}
	}
	_, others := linesOf(t, "unshare")
	others = bytes.ReplaceAll(others, []byte(`"seq":`), []byte(`"seq":1000`)) // behind the others
	const said = "and exited 125 before any process of it was born (its word for a refusal, as of an image that is missing; it printed why)"
	for name, c := range map[string]struct {
		raw   []byte
		wants []string
	}{
		"alone":         {refused, []string{"no container was started: ", " docker asked for one (docker run ", said}},
		"beside others": {append(bytes.Clone(refused), others...), []string{"no container was started for the command: ", said, "; others started at that time: there are 4026"}},
	} {
		for _, args := range [][]string{{"timeline", "-"}, {"explain", "-"}, {"diff", "-", startRun("docker-run")}} {
			r := (&fake{}).execute(t, func(a *app) { a.in = bytes.NewReader(c.raw) }, args...)
			if r.code != exitFailed || r.err == nil || r.out != "" {
				t.Errorf("%s: %v: %d, %v, printed %q", name, args, r.code, r.err, r.out)
				continue
			}
			for _, want := range c.wants {
				if !strings.Contains(r.err.Error(), want) {
					t.Errorf("%s: %v: %v, want %s", name, args, r.err, want)
				}
			}
		}
	}
}
