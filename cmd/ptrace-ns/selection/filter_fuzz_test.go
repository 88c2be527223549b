package selection_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// FuzzFilter: an expression is refused or decides about any event, each time the same.
func FuzzFilter(f *testing.F) {
	for _, source := range []string{
		`event == "exit" and exit.code != 0`, `process.args[0] startsWith "l"`, `process.args[99999] == ""`, `any(process.pids, .ns == 1 and .pid > 5)`,
		`filename matches "(a+)+$"`, `map(process.pids, .ns)[0] > 1`, `by_event["fork"] > 1`, `let x = process.pid; x / 0 > x`, `process?.container?.name ?? "" == "web"`,
		"((((((((", "1..9", `"\xff"`, `repeat("x", 9) == ""`,
	} {
		f.Add(source)
	}
	exec := &events.Event{Kind: events.Exec, Process: process(5, 1), Exec: &events.ExecDetail{Filename: "/bin/ls"}}
	exec.Process.Full, exec.Process.Args = true, events.ArgsOf("ls", "-l")
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 200 {
			return
		}
		filter, err := selection.NewFilter(source)
		if err != nil {
			return
		}
		for _, ev := range []*events.Event{exec, exit(4), lost()} {
			once := filter.Wants(ev)
			if again := filter.Wants(ev); again != once {
				t.Errorf("%s: of one event first %t, then %t", source, once, again)
			}
		}
	})
}
