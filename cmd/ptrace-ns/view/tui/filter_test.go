package tui

import (
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	m := screen(t, &still{scene: family()}, 80, 24)
	press(m, "j", "-", "/")
	typeIn(m, "C")
	expect(t, "while typing, into a fold", listed(m), "systemd bash make >cc1 nginx worker")
	typeIn(m, "zzz")
	if last := shown(m)[23]; !strings.HasPrefix(last, "/Czzz   no process has Czzz ") {
		t.Errorf("while typing, the last line is %q", last)
	}
	press(m, "enter")
	if last := shown(m)[23]; !strings.HasPrefix(last, "no process has Czzz ") {
		t.Errorf("after Enter, the last line is %q", last)
	}
	press(m, "/")
	typeIn(m, "zzz")
	press(m, "esc")
	if last := shown(m)[23]; strings.Contains(last, "no process") {
		t.Errorf("given up, the last line is %q", last)
	}
	expect(t, "given up", listed(m), "systemd >bash make cc1 nginx worker")
	press(m, "/")
	typeIn(m, "web")
	press(m, "enter")
	expect(t, "by container", listed(m), "systemd bash make cc1 >nginx worker")
	press(m, "n")
	expect(t, "next", listed(m), "systemd bash make cc1 nginx >worker")
	press(m, "f3")
	expect(t, "around", listed(m), "systemd bash make cc1 >nginx worker")
	press(m, "ctrl+p")
	expect(t, "back", listed(m), "systemd bash make cc1 nginx >worker")
}

func TestFilterIsEditedInPlace(t *testing.T) {
	src := &still{scene: family()}
	m := screen(t, src, 80, 24)
	press(m, `\`)
	typeIn(m, "bad")
	if got := shown(m)[22]; !strings.HasPrefix(got, "filter: unknown name bad (1:1)") {
		t.Errorf("the error is told as %q", got)
	}
	press(m, "enter")
	if m.prompt == nil || m.filter != nil {
		t.Error("a bad filter is taken")
	}
	press(m, "backspace", "backspace", "backspace")
	typeIn(m, "true")
	press(m, "enter")
	next(m)
	if m.prompt != nil || src.filter == nil || !strings.Contains(shown(m)[0], "filter true") {
		t.Errorf("a good filter is not taken: %q", shown(m)[0])
	}
	press(m, "ctrl+f", "backspace", "backspace", "backspace", "backspace", "enter")
	if next(m); src.filter != nil {
		t.Error("an empty filter is one")
	}
}

// TestFilterShowsWhere: what is above a process that is wanted shows where that is.
func TestFilterShowsWhere(t *testing.T) {
	sc := family()
	for i := range sc.Rows {
		sc.Rows[i].Hit = i == 3
	}
	m := screen(t, &still{scene: sc}, 80, 24)
	expect(t, "in the tree", listed(m), ">systemd bash cc1")
	press(m, "t")
	expect(t, "in groups", listed(m), ">[PID namespace 1, level 0] cc1")
}
