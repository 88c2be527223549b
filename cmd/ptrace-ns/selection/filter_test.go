package selection_test

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestFilter(t *testing.T) {
	exited := exit(4)
	exec := &events.Event{Kind: events.Exec, Process: process(5, 1), Exec: &events.ExecDetail{Filename: "/bin/ls"}}
	exec.Process.Full, exec.Process.Args = true, events.ArgsOf("ls", "-l")
	exec.Process.Key.Start = 1<<60 + 1
	move := &events.Event{Kind: events.CgroupMove, Process: process(6, 1), Cgroup: &events.CgroupDetail{From: events.Cgroup{Path: "/"}, To: events.Cgroup{Path: "/x"}}}
	all := []*events.Event{exited, exec, move, lost()}
	for source, want := range map[string]string{
		`event == "exit"`: "exit:4 lost:0",
		`exit.code == 3`:  "exit:4 lost:0",
		`exit.code > 2`:   "exit:4 lost:0",
		`exit.signal == "SIGKILL" or filename == "x"`: "lost:0",
		`exit.code == 0 or process.comm == "sh"`:      "exit:4 exec:5 cgroup:6 lost:0",
		`"-l" in process.args`:                        "exec:5 lost:0",
		`process.args[0] startsWith "l"`:              "exec:5 lost:0",
		`process.start_ns == 1152921504606846977`:     "exec:5 lost:0",
		`any(process.pids, .ns == 1 and .pid > 5)`:    "cgroup:6 lost:0",
		`to == "/x"`:                                   "cgroup:6 lost:0",
		`process.container.name == "web"`:              "lost:0",
		`not (process.container.name == "web")`:        "exit:4 exec:5 cgroup:6 lost:0",
		`by_event["fork"] > 1`:                         "lost:0",
		`filename contains "ls" and process.ppid == 1`: "exec:5 lost:0",
	} {
		f, err := selection.NewFilter(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		var got taken
		put(t, selection.Where(&got, f.Wants), all...)
		if s := strings.Join(got.all, " "); s != want {
			t.Errorf("%s: got %s, want %s", source, s, want)
		}
	}
}

func TestFilterRefusesWhatCannotBe(t *testing.T) {
	for source, mark := range map[string]string{
		`proces.pid == 1`:        "^",
		`process.pdi == 1`:       "^",
		`exit.signal == 9`:       "^",
		`event = "exit"`:         "^",
		`process.pid`:            "bool",
		`event == "exit" and`:    "^",
		`process.ns.inum == 1`:   "^",
		`any(process.pids, .nr)`: "^",
	} {
		_, err := selection.NewFilter(source)
		if err == nil || !strings.Contains(err.Error(), mark) {
			t.Errorf("%s: error is %v, want one with %q", source, err, mark)
		}
	}
}

// TestFilterErrorsNameTypesOfTheStream and not those of the program.
func TestFilterErrorsNameTypesOfTheStream(t *testing.T) {
	for source, want := range map[string]string{
		`process.container == 1`: "mismatched types object and integer) (1:19)",
		`process.args == 1`:      "types array and integer) (1:14)",
		`process.pid`:            "bool",
		`process.pid == "x"`:     "integer and string",
		`exit > 1.5`:             "object and number",
	} {
		_, err := selection.NewFilter(source)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "interface") || strings.Contains(err.Error(), "map[") {
			t.Errorf("%s: error is %v, want one with %q", source, err, want)
		}
	}
}

func TestCheckField(t *testing.T) {
	for _, name := range []string{"seq", "process.pid", "process.ns.mnt", "exit", "killer.sender.comm", "from.pid", "process.pids"} {
		if err := selection.CheckField(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "proc.pid", "process.", "process.pid.x", "process.pids.ns"} {
		if selection.CheckField(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}
