package tui

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/internal/tmux"
)

// panicsIn says, in the environment of this test run as a program, where it panics.
const panicsIn = "PTRACE_NS_TUI_PANICS_IN"

func TestMain(m *testing.M) {
	if where := os.Getenv(panicsIn); where != "" {
		o := Options{Unicode: true, Zone: time.UTC, In: os.Stdin, Out: os.Stdout, Env: os.Environ()}
		if err := Run(context.Background(), &broken{where: where}, o, nil); err != nil {
			os.Stdout.WriteString("ended: " + strings.ReplaceAll(err.Error(), "\n", " ") + "\n")
		}
		return
	}
	m.Run()
}

// broken panics in the second scene, or has one that breaks the drawing.
type broken struct {
	still
	where string
	n     int
}

func (b *broken) Look(*scene.Filter) *scene.Scene {
	if b.n++; b.n < 5 {
		return family()
	}
	if b.where == "source" {
		panic("of the source")
	}
	return &scene.Scene{Rows: []scene.Row{{Up: -1, Hit: true}}}
}

// TestPanicLeavesTheTerminal as it was, whether it is the source's or the drawing's.
func TestPanicLeavesTheTerminal(t *testing.T) {
	for where, says := range map[string]string{"source": "of the source", "drawing": "runtime error"} {
		t.Run(where, func(t *testing.T) {
			term := tmux.Start(t, 100, 30, []string{panicsIn + "=" + where}, os.Args[0])
			_, asBefore := term.Ended()
			if got := term.State(); !asBefore || got != "alternate=0 mouse=0 cursor=1 keypad=0" {
				t.Errorf("settings as before: %t, and the terminal is %s", asBefore, got)
			}
			term.Shows("ended: the view broke down: " + says)
		})
	}
}
