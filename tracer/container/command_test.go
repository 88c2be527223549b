package container

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestRuntimeCalls: which word is the container, by each runtime's and command's own flags.
func TestRuntimeCalls(t *testing.T) {
	for line, want := range map[string]Call{
		"crun run -f cfg x8":                                   {ID: "x8", Creates: true},
		"crun run --config=cfg -b /b x8":                       {ID: "x8", Creates: true, Bundle: "/b"},
		"crun run -db /b x8":                                   {ID: "x8", Creates: true, Bundle: "/b"},
		"crun --cgroup-manager disabled run x8":                {ID: "x8", Creates: true},
		"crun kill --all x8 9":                                 {ID: "x8"},
		"crun exec -td x8 sh -c x9":                            {ID: "x8"},
		"crun exec -te A=b x8 sh":                              {ID: "x8"},
		"crun kill --regex x8":                                 {}, // a pattern
		"crun delete -r x8":                                    {},
		"runc exec --no-new-privs x15 sh":                      {ID: "x15"},
		"runc exec -t -e A=b --cwd / x15 sh":                   {ID: "x15"},
		"runc exec x15 sh --root /r":                           {ID: "x15"},
		"runc ps -f json x20":                                  {ID: "x20"},
		"runc ps x20 -ef":                                      {ID: "x20"},
		"runc restore --tcp-established --shell-job x":         {ID: "x", Creates: true},
		"runc restore --image-path /i -d --bundle /b x":        {ID: "x", Creates: true, Bundle: "/b"},
		"runc checkpoint --leave-running x":                    {ID: "x"},
		"runc checkpoint --image-path /i --pre-dump x":         {ID: "x"},
		"runc events --stats x":                                {ID: "x"},
		"runc events --interval 1s x":                          {ID: "x"},
		"runc run -- x":                                        {ID: "x", Creates: true},
		"runc run --bundle /b -- x":                            {ID: "x", Creates: true, Bundle: "/b"},
		"runc run x --bundle /b":                               {ID: "x", Creates: true, Bundle: "/b"},
		"runc run -bundle=/b x":                                {ID: "x", Creates: true, Bundle: "/b"},
		"runc --rootless true run x":                           {ID: "x", Creates: true},
		"runc --rootless=true --debug --root /r run x":         {ID: "x", Creates: true, Root: "/r"},
		"runc --log /l --log-format json kill -a x KILL":       {ID: "x"},
		"runc delete --force x":                                {ID: "x"},
		"runc update --memory 1g --cpu-share 2 x":              {ID: "x"},
		"runc --of-tomorrow run x":                             {ID: "x", Creates: true},
		"runc --of-tomorrow value --root /r start x":           {ID: "x", Root: "/r"},
		"runc run --of-tomorrow x y":                           {}, // its value or the container
		"runc run --of-tomorrow=x y":                           {},
		"runc no-command run x":                                {},
		"runc list x":                                          {},
		"runc run":                                             {},
		"runc run --":                                          {},
		"runc run --bundle":                                    {},
		"runc --root":                                          {},
		"runc spec --bundle b x":                               {},
		"docker-runc create --console /dev/pts/3 -b /b x":      {ID: "x", Creates: true, Bundle: "/b"},
		"youki create -b /b -c /s -p /p x":                     {ID: "x", Creates: true, Bundle: "/b"},
		"youki -s -r /r run --preserve-fds 3 x":                {ID: "x", Creates: true, Root: "/r"},
		"youki checkpoint --empty-ns x":                        {ID: "x"},
		"runsc --platform ptrace -root /r create -bundle /b g": {ID: "g", Creates: true, Bundle: "/b", Root: "/r"},
		"runsc --watchdog-action panic wait g":                 {},
		"runsc --watchdog-action panic run g":                  {ID: "g", Creates: true},
	} {
		words := strings.Fields(line)
		if got := programs[words[0]].line.call(events.ArgsOf(words...)); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, want)
		}
	}
}

// allows checks that a flag is in the list as it should be.
func allows(t *testing.T, g grammar, command, flag string, valued bool) {
	t.Helper()
	names := strings.Fields(g[command])
	if valued {
		flag += "="
	}
	if !slices.Contains(names, flag) {
		t.Errorf("%s: %q is not in the list", command, flag)
	}
}

// TestRuncHelp: the flags are those that the installed runc says it has.
func TestRuncHelp(t *testing.T) {
	if _, err := exec.LookPath("runc"); err != nil {
		t.Skip("runc is not there")
	}
	line := regexp.MustCompile(`(?m)^ +(--?[^ ].*?)(?:  .*)?$`)
	for command := range runcGrammar {
		args := []string{"--help"}
		if command != "" {
			args = []string{command, "--help"}
		}
		out, err := exec.Command("runc", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("runc %q: %v: %s", args, err, out)
		}
		_, options, _ := strings.Cut(string(out), "OPTIONS:")
		found := line.FindAllStringSubmatch(options, -1)
		if len(found) == 0 && runcGrammar[command] != "" {
			t.Errorf("runc %q: no flags in %s", args, out)
		}
		for _, m := range found {
			for _, name := range strings.Split(m[1], ", ") {
				name, valued := strings.CutSuffix(strings.TrimLeft(name, "-"), " value")
				if name != "help" && name != "h" {
					allows(t, runcGrammar, command, name, valued)
				}
			}
		}
	}
}

// TestCrunFlags: the flags are those of the list that was taken from crun.
func TestCrunFlags(t *testing.T) {
	raw, err := os.ReadFile("testdata/crun-flags.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		command := strings.TrimPrefix(words[0], "global")
		for _, word := range words[1:] {
			spelled, _, valued := strings.Cut(word, "=")
			for _, name := range strings.Split(spelled, ",") {
				allows(t, crunGrammar, command, strings.TrimLeft(name, "-"), valued)
				checked++
			}
		}
	}
	if checked < 80 {
		t.Errorf("%d flags checked", checked)
	}
}
