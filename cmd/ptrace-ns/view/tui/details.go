package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// lineage is the story of a process.
func lineage(d *scene.Detail) content {
	if d == nil {
		return content{title: "lineage", tabs: []tab{{lines: []string{"this process is forgotten"}}}, gone: true}
	}
	lines := cleaned(strings.Split(strings.TrimSuffix(d.Story, "\n"), "\n"))
	return content{title: "lineage of " + clean(words.Ref(d.Life.Process.Ref())), tabs: []tab{{lines: lines[1:]}}}
}

// details is all that is known of a process, a tab for each side of it.
func details(d *scene.Detail, g glyphs) content {
	if d == nil {
		return content{title: "details", tabs: []tab{{lines: []string{"this process is forgotten"}}}, gone: true}
	}
	l := d.Life
	events := cleaned(d.Events)
	if len(events) == 0 {
		events = []string{"none since it is watched"}
	}
	if d.Dropped > 0 {
		events = append([]string{words.Count(int(d.Dropped), "older line is", "older lines are") + " not kept"}, events...)
	}
	return content{title: clean(words.Ref(l.Process.Ref())), tabs: []tab{
		{name: "identity", lines: identity(l, d.NowNS, d.Threads)},
		{name: "PIDs", lines: pids(l)},
		{name: "namespaces", lines: namespaces(l)},
		{name: "cgroup", lines: cgroup(l)},
		{name: "arguments", lines: arguments(l.Process.Args)},
		{name: "images", lines: images(l, g)},
		{name: "events", lines: events, ends: true},
	}}
}

// facts are lines of a name and a value; one without a value is left out.
type facts []string

func (f *facts) add(name, value string) {
	if value != "" {
		*f = append(*f, fit(name, 12, "")+" "+clean(value))
	}
}

func (f *facts) number(name string, n uint64) {
	if n != 0 {
		f.add(name, strconv.FormatUint(n, 10))
	}
}

func identity(l *report.Life, nowNS uint64, threads string) []string {
	p := &l.Process
	var f facts
	f.add("id", p.Key.String())
	f.add("comm", words.Name(p.Comm))
	f.add("exe", p.Exe)
	f.add("state", string(l.State))
	if l.Exit != nil {
		f.add("end", words.Status(*l.Exit)+words.Killer(l.Killer, p.Key, p.Key.Start+l.LifetimeNS))
	}
	switch {
	case l.LifetimeNS > 0:
		f.add("lifetime", words.Duration(l.LifetimeNS))
	case p.Key.Start != 0 && p.Key.Start < nowNS:
		f.add("age", words.Duration(nowNS-p.Key.Start))
	}
	f.add("parent", words.Ref(p.Parent))
	if l.Birth != nil {
		f.add("creator", words.Ref(l.Birth.Creator))
		var flags []byte
		for _, flag := range names.CloneFlags(l.Birth.Flags) {
			flags = append(names.AppendCloneFlag(flags, flag), ' ')
		}
		f.add("cloned with", strings.TrimSpace(string(flags)))
	}
	for _, a := range l.Reparented {
		to := words.Ref(a.To)
		if what := heir(a.Reason); what != "" {
			to += ", " + what
		}
		f.add("reparented", "from "+words.Ref(a.From)+" to "+to)
	}
	if p.HasIDs {
		f.add("uid, gid", fmt.Sprintf("%d, %d", p.UID, p.GID))
	}
	f.add("threads", threads)
	switch {
	case !p.Subreaper:
	case l.State == report.Live || l.State == report.Unseen:
		f.add("subreaper", "gets the orphans among its descendants")
	default:
		f.add("subreaper", "was subreaper: got the orphans among its descendants")
	}
	if p.Kthread {
		f.add("kthread", "a thread of the kernel")
	}
	f.add("for", l.Label)
	return f
}

// pids is its number at every level.
func pids(l *report.Life) []string {
	lines := []string{"level  PID namespace  PID"}
	for level, e := range l.Process.Chain {
		lines = append(lines, fmt.Sprintf("%5d  %13d  %d", level, e.NS.Inum, e.PID))
	}
	if ns := l.Pidns; ns != nil && ns.Info.Level > 0 {
		var f facts
		f.add("its init", words.Ref(ns.Init))
		f.add("created by", strings.TrimPrefix(words.Ref(ns.Creator), "-"))
		f.add("via", ns.Via)
		f.number("members", uint64(ns.Members))
		if ns.Dying {
			f.add("state", "dying")
		}
		for _, w := range ns.WaitingFor {
			f.add("waits for", words.Ref(w.Process)+", a child of "+words.Ref(w.Parent)+" outside")
		}
		lines = append(append(lines, ""), f...)
	}
	return lines
}

func namespaces(l *report.Life) []string {
	n := l.Process.NS
	var f facts
	for _, ns := range []struct {
		name string
		inum uint32
	}{
		{"pid", n.PID}, {"pid_children", n.PIDForChildren}, {"mnt", n.Mnt}, {"net", n.Net}, {"uts", n.UTS},
		{"ipc", n.IPC}, {"user", n.User}, {"cgroup", n.Cgroup}, {"time", n.Time},
	} {
		f.number(ns.name, uint64(ns.inum))
	}
	return known(f)
}

func known(f facts) []string {
	if len(f) == 0 {
		return []string{"not known"}
	}
	return f
}

func cgroup(l *report.Life) []string {
	var f facts
	f.add("cgroup", l.Process.Cgroup.Path)
	f.number("cgroup id", l.Process.Cgroup.ID)
	of := "container"
	for c := l.Process.Container; c != nil; c = c.Outer {
		container(&f, of, c)
		of = "which is in"
	}
	if c := l.Process.Serves; c != nil {
		container(&f, "works for", c)
	}
	return known(f)
}

func container(f *facts, of string, c *events.Container) {
	f.add(of, words.Or(c.Name, c.ID))
	f.add("  id", c.ID)
	f.add("  runtime", c.Runtime)
	f.add("  image", c.Image)
	f.add("  pod", strings.Trim(c.PodNS+"/"+c.Pod, "/"))
	f.add("  pod uid", c.PodUID)
	f.add("  sandbox", c.SandboxID)
	f.add("  known from", c.Source)
}

// arguments are one a line, each as a shell would have it.
func arguments(a events.Args) []string {
	if !a.Known() {
		return []string{"not known"}
	}
	var lines []string
	n := 0
	for arg := range a.All {
		lines = append(lines, fmt.Sprintf("%3d  %s", n, clean(string(words.AppendQuoted(nil, string(arg))))))
		n++
	}
	if a.Status == events.Truncated {
		lines = append(lines, fmt.Sprintf("     cut: %d bytes in all", a.Size))
	}
	return lines
}

func images(l *report.Life, g glyphs) []string {
	var lines []string
	for i, image := range l.Images {
		how := "executed"
		if image.BootNS == 0 {
			how = "born with"
			if l.Birth == nil || i > 0 {
				how = "runs"
			}
		}
		lines = append(lines, fmt.Sprintf("%d  %s %s", i+1, how, clean(words.Or(image.Exe, image.Filename))))
		lines = append(lines, "   "+clean(string(words.AppendArgs(nil, image.Args, g.more))))
		if image.Interpreter != "" {
			lines = append(lines, "   run by "+clean(image.Interpreter))
		}
	}
	return known(lines)
}
