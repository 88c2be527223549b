package tree

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// sent is one signal to the victim: by a, b, c, somebody who is not seen, the victim itself
// or the kernel; or, by nobody, what happens to those that wait, as words of how.
type sent struct {
	by     string
	signal int32
	how    string // own, ending, deadly, unasked, ignored, pending, loose, traced, outside; handled, taken, lost
}

// letter is a signal in one of the victim's two queues.
type letter struct {
	signal int32
	own    bool
	code   int32
	siPID  int32
}

// box is the kernel's half: the victim's queues.
type box []letter

// take gives out the next of that number: the thread's own before the group's.
func (b *box) take(signal int32) (l letter) {
	for _, own := range []bool{true, false} {
		i := slices.IndexFunc(*b, func(l letter) bool { return l.signal == signal && l.own == own })
		if i >= 0 {
			l = (*b)[i]
			*b = slices.Delete(*b, i, i+1)
			return l
		}
	}
	return letter{}
}

func (b *box) count(d *events.SignalDetail) {
	d.Own, d.Shared = 0, 0
	for _, l := range *b {
		switch {
		case l.signal != d.Signal:
		case l.own:
			d.Own++
		default:
			d.Shared++
		}
	}
}

// take writes that the victim takes one, which is its end.
func (k *kernel) take(victim *task, l letter, b *box) *events.SignalDetail {
	d := k.kill(victim, victim, l.signal).Signal
	*d = events.SignalDetail{Signal: l.signal, Unasked: true, Taken: true, Code: l.code, SIPID: l.siPID}
	b.count(d)
	return d
}

// sendAll has the victim get all that and end by the signal: by the first that waits then, unless
// an end began, or one was taken, before.
func sendAll(k *kernel, victim *task, threads uint32, end int32, all []sent) {
	by := map[string]*task{"a": k.fork(k.init, 0), "b": k.fork(k.init, 0), "c": k.fork(k.init, 0), "self": victim, "kernel": k.init}
	for _, name := range []string{"a", "b", "c", "self"} {
		k.exec(by[name], name)
	}
	var waits box
	over := false
	for _, s := range all {
		has := func(word string) bool { return slices.Contains(strings.Fields(s.how), word) }
		switch {
		case has("lost"):
			k.emit(events.Lost, k.init).Lost = &events.LostDetail{Count: 1}
			continue
		case has("handled"):
			waits.take(s.signal)
			continue
		case has("taken"):
			l := waits.take(s.signal)
			k.take(victim, l, &waits).Traced = has("traced")
			over = true
			continue
		}
		l := letter{signal: s.signal, own: has("own"), code: siUser}
		if sender := by[s.by]; sender != nil && !has("outside") {
			l.siPID = sender.key.PID
		}
		if s.by == "kernel" {
			l.code, l.siPID = 0x80, 0
		}
		dropped := has("ignored") || has("pending")
		if !dropped {
			waits = append(waits, l)
		}
		if s.by == "unseen" {
			continue
		}
		d := k.kill(by[s.by], victim, s.signal).Signal
		d.Group, d.Ending, d.Deadly, d.Traced = !l.own, has("ending"), has("deadly"), has("traced")
		d.Unasked, d.Code, d.SIPID = has("unasked"), l.code, l.siPID
		waits.count(d)
		switch {
		case has("ignored"):
			d.Result = events.SignalIgnored
		case has("pending"):
			d.Result = events.SignalAlreadyPending
		case has("loose"):
			d.Result = events.SignalLoseInfo
		}
		if s.by == "kernel" {
			d.Origin = events.OriginKernel
		}
		over = over || d.Ending || s.signal == sigKill && !dropped
	}
	if l := waits.take(end); !over && l.signal == end {
		k.take(victim, l, &waits)
	}
	k.exit(victim, events.ExitStatus{Signal: end})
	k.log[len(k.log)-1].Exit.Threads = threads
}

func commsOf(all []events.Ref) string {
	var names []string
	for _, r := range all {
		names = append(names, r.Comm)
	}
	return strings.Join(names, " ")
}

// accused says whom the exit names.
func accused(k *events.Killer) string {
	switch {
	case k == nil:
		return "nobody"
	case len(k.OneOf) > 0:
		return "one of " + commsOf(k.OneOf)
	case k.Sender.IsZero():
		return "kernel"
	}
	return k.Sender.Comm
}

// TestKillerByQueues: which of several signals of one number ended a process follows from
// what it takes at its end, from what it is told of that, and from the kernel's queues where
// they decide; else nobody is chosen.
func TestKillerByQueues(t *testing.T) {
	const rt = 40
	for name, c := range map[string]struct {
		all     []sent
		end     int32
		threads uint32
		want    string
	}{
		"one":                                 {[]sent{{"a", 15, "deadly"}}, 15, 1, "a"},
		"the end began with it":               {[]sent{{"a", 15, "ending"}}, 15, 3, "a"},
		"the end began with the second":       {[]sent{{"a", 15, "own"}, {"b", 15, "ending"}}, 15, 2, "b"},
		"the end began with the first":        {[]sent{{"a", 15, "ending"}, {"b", 15, "own ending"}}, 15, 2, "a"},
		"the end began after one was taken":   {[]sent{{"a", 15, "own"}, {"", 15, "taken"}, {"b", 15, "ending"}}, 15, 2, "b"},
		"handled, and no other seen":          {[]sent{{"a", 15, ""}, {"", 15, "handled"}}, 15, 1, "nobody"},
		"by another number":                   {[]sent{{"a", 15, ""}, {"b", 2, ""}}, 15, 1, "a"},
		"dropped: one waits":                  {[]sent{{"a", 15, ""}, {"b", 15, "pending"}}, 15, 1, "a"},
		"the thread's before the group's":     {[]sent{{"a", 15, ""}, {"b", 15, "own"}}, 15, 1, "b"},
		"the first was handled":               {[]sent{{"a", 15, "own"}, {"b", 15, ""}, {"", 15, "handled"}}, 15, 1, "b"},
		"of many threads":                     {[]sent{{"a", 15, "own"}, {"b", 15, ""}, {"", 15, "handled"}}, 15, 9, "b"},
		"was not seen":                        {[]sent{{"unseen", 15, ""}}, 15, 1, "nobody"},
		"after one that was not seen":         {[]sent{{"unseen", 15, "own"}, {"b", 15, ""}, {"", 15, "handled"}}, 15, 3, "b"},
		"was not seen, before another":        {[]sent{{"unseen", 15, "own"}, {"b", 15, ""}}, 15, 1, "nobody"},
		"was not seen, like another that was": {[]sent{{"b", 15, ""}, {"", 15, "handled"}, {"unseen", 15, "outside"}}, 15, 1, "nobody"},
		"raised again":                        {[]sent{{"a", 15, ""}, {"", 15, "handled"}, {"self", 15, "own"}}, 15, 1, "self"},

		"alike: the thread's before the group's":     {[]sent{{"a", 15, "outside"}, {"b", 15, "own outside"}}, 15, 4, "b"},
		"alike: the first was handled":               {[]sent{{"a", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "handled"}}, 15, 1, "b"},
		"alike: one was handled, by some thread":     {[]sent{{"a", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "handled"}}, 15, 2, "one of a b"},
		"alike: one was handled, threads unknown":    {[]sent{{"a", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "handled"}}, 15, 0, "one of a b"},
		"alike: from one sender":                     {[]sent{{"a", 15, "own outside"}, {"a", 15, "outside"}, {"", 15, "handled"}}, 15, 2, "a"},
		"alike: the first was handled before":        {[]sent{{"a", 15, "outside"}, {"", 15, "handled"}, {"b", 15, "own outside"}}, 15, 4, "b"},
		"alike: one was not seen":                    {[]sent{{"unseen", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "handled"}}, 15, 2, "nobody"},
		"alike: one was lost, with it the first":     {[]sent{{"a", 15, "outside"}, {"", 15, "handled"}, {"", 0, "lost"}, {"unseen", 15, "outside"}}, 15, 1, "nobody"},
		"alike: one was lost, after that the killer": {[]sent{{"a", 15, "outside"}, {"", 15, "handled"}, {"", 0, "lost"}, {"b", 15, "outside"}}, 15, 1, "b"},
		"alike: two threads took one each":           {[]sent{{"a", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "taken"}, {"", 15, "taken"}}, 15, 2, "one of a b"},
		"alike: held for a tracer":                   {[]sent{{"a", 15, "own outside traced"}, {"b", 15, "outside traced"}, {"", 15, "taken traced"}}, 15, 1, "one of a b"},
		"taken, and then records were lost":          {[]sent{{"a", 15, ""}, {"", 15, "taken"}, {"", 0, "lost"}}, 15, 1, "nobody"},
		"traced, and told apart":                     {[]sent{{"a", 15, "own traced"}, {"b", 15, "traced"}, {"", 15, "taken traced"}}, 15, 1, "a"},
		"traced, and the tracer's":                   {[]sent{{"a", 15, "own traced"}, {"", 15, "handled"}, {"unseen", 15, "own"}, {"", 15, "taken traced"}}, 15, 1, "nobody"},
		"real-time: the first of three":              {[]sent{{"a", rt, ""}, {"b", rt, ""}, {"c", rt, ""}}, rt, 1, "a"},
		"real-time: the second of three":             {[]sent{{"a", rt, ""}, {"b", rt, ""}, {"c", rt, ""}, {"", rt, "handled"}}, rt, 1, "b"},
		"real-time, alike: the second of three":      {[]sent{{"a", rt, "outside"}, {"b", rt, "outside"}, {"c", rt, "outside"}, {"", rt, "handled"}}, rt, 7, "b"},
		"real-time, alike: the third, of two queues": {[]sent{{"a", rt, "outside"}, {"b", rt, "own outside"}, {"c", rt, "own outside"}, {"", rt, "handled"}, {"", rt, "handled"}}, rt, 1, "a"},
		"real-time, alike: one in no list":           {[]sent{{"a", rt, ""}, {"b", rt, "outside"}, {"c", rt, "loose outside"}, {"", rt, "handled"}}, rt, 1, "one of b c"},
		"a timer":                                    {[]sent{{"kernel", 14, "ending"}}, 14, 1, "kernel"},
		"a timer or somebody":                        {[]sent{{"kernel", 14, ""}, {"a", 14, "own"}}, 14, 1, "a"},
		"ends nobody by default":                     {[]sent{{"a", 17, ""}}, 17, 1, "nobody"},
		"SIGKILL, whoever is late":                   {[]sent{{"a", 9, ""}, {"b", 9, "own"}}, 9, 3, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			sendAll(k, k.fork(k.init, 0), c.threads, c.end, c.all)
			if got := accused(lastExit(t, k).Exit.Killer); got != c.want {
				t.Errorf("killed by %s, want %s", got, c.want)
			}
		})
	}
}

// TestKillerOfCrowd: of too many real-time signals the first is forgotten, and not replaced
// by the next.
func TestKillerOfCrowd(t *testing.T) {
	for n, want := range map[int]string{2: "a", maxWaiting: "a", maxWaiting + 1: "nobody", 3 * maxWaiting: "nobody"} {
		k := newKernel(true)
		all := []sent{{"a", 40, "deadly"}}
		for range n - 1 {
			all = append(all, sent{"b", 40, "deadly"})
		}
		sendAll(k, k.fork(k.init, 0), 1, 40, all)
		if got := accused(lastExit(t, k).Exit.Killer); got != want {
			t.Errorf("of %d signals: killed by %s, want %s", n, got, want)
		}
	}
}

// TestKillerByExec: who executes is the leader afterwards, and what waited for its thread
// alone waits on; what waited for the others is gone with them.
func TestKillerByExec(t *testing.T) {
	for oldTID, want := range map[int32]string{0: "a", 7: "b"} {
		k := newKernel(true)
		a, b, victim := k.fork(k.init, 0), k.fork(k.init, 0), k.fork(k.init, 0)
		k.exec(a, "a")
		k.exec(b, "b")
		for by, tid := range map[*task]int32{a: victim.key.PID, b: 7} {
			ev := k.kill(by, victim, 15)
			ev.Process.TID, ev.Signal.Own = tid, 1
		}
		k.exec(victim, "again")
		k.log[len(k.log)-1].Exec.OldTID = oldTID
		k.take(victim, letter{signal: 15, own: true}, &box{})
		k.exit(victim, events.ExitStatus{Signal: 15})
		if got := accused(lastExit(t, k).Exit.Killer); got != want {
			t.Errorf("executed by thread %d: killed by %s, want %s", oldTID, got, want)
		}
	}
}

// TestKillerPutBack: what a traced process sends itself in another's name was that one's, or
// the process's own: nobody is named.
func TestKillerPutBack(t *testing.T) {
	k := newKernel(true)
	a, victim := k.fork(k.init, 0), k.fork(k.init, 0)
	d := k.kill(victim, victim, 15).Signal
	d.Own, d.Traced, d.SIPID = 1, true, a.key.PID
	k.take(victim, letter{signal: 15, own: true, siPID: a.key.PID}, &box{}).Traced = true
	k.exit(victim, events.ExitStatus{Signal: 15})
	if got := accused(lastExit(t, k).Exit.Killer); got != "nobody" {
		t.Errorf("killed by %s, want nobody", got)
	}
}

// TestInboxIsEmptied: a node that is used again has none of the letters of the one before.
func TestInboxIsEmptied(t *testing.T) {
	k := newKernel(true)
	m := New(Options{Keep: 1})
	for range 4 {
		p := k.fork(k.init, 0)
		k.kill(k.init, p, 15).Signal.Ending = true
		k.kill(k.init, p, 2)
		k.exit(p, events.ExitStatus{Signal: 15})
	}
	last := k.fork(k.init, 0)
	k.exit(last, events.ExitStatus{Signal: 15})
	var killers []*events.Killer
	for _, ev := range k.log {
		if err := m.Apply(ev, func(told *events.Event) error {
			if told.Kind == events.Exit {
				killers = append(killers, cloneKiller(told.Exit.Killer))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(killers) != 5 {
		t.Fatalf("%d exits told", len(killers))
	}
	for _, killer := range killers[:4] {
		if killer == nil || story(killer) != "2 systemd" {
			t.Errorf("killer is %+v, want systemd after a SIGINT", killer)
		}
	}
	if killers[4] != nil {
		t.Errorf("killer is %+v of one that nobody sent anything", killers[4])
	}
}
