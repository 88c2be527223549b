// Command table writes what was seen in emulated machines into a document: from the
// output of `go test -v`, a file a machine, a table of features by kernels between
// two marks.
//
//	table DOCUMENT RESULTS...
//
// The first line of each RESULTS file is the kernel's version, a line "=== of BUILD" says
// of what commit the results below it are. What no test has shown on a kernel is not
// claimed of it; what began and did not end has failed.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

const (
	begin = "<!-- make test-vm -->\n"
	end   = "<!-- end -->\n"
)

// features are the rows, each with the tests that show it.
var features = []struct {
	name  string
	tests *regexp.Regexp
}{
	{"every program loads and attaches, in the variant that BTF asks for", regexp.MustCompile(`^TestEachProgramLoads/`)},
	{"births, threads, new parents: scenarios T", regexp.MustCompile(`^TestScenarios/T`)},
	{"PID namespaces: scenarios N", regexp.MustCompile(`^TestScenarios/N`)},
	{"names, arguments, images: scenarios S", regexp.MustCompile(`^TestScenarios/S`)},
	{"arguments, environment and paths of any size", regexp.MustCompile(`^TestExec(Args|Env|Path|Interpreter)`)},
	{"exit status, reaper, threads", regexp.MustCompile(`^TestExit`)},
	{"who killed it: signals, OOM, cgroup.kill", regexp.MustCompile(`^Test(OOMKill|CgroupKill|KillerUnasked|Signal)`)},
	{"snapshot: neither gap nor ghost", regexp.MustCompile(`^TestSnapshot`)},
	{"cgroup paths and moves", regexp.MustCompile(`^TestCgroup(Path)?($|/)`)},
	{"random lives, compared with an oracle", regexp.MustCompile(`^TestDifferential($|/)`)},
	{"loss is counted and healed", regexp.MustCompile(`^Test(Loss|R02)`)},
	{"count identity", regexp.MustCompile(`^TestBirths$`)},
	{"where some are followed, others are left out in the kernel", regexp.MustCompile(`^TestFollow`)},
	{"the same without probe reads", regexp.MustCompile(`^TestLoadsOnly`)},
	{"doctor's verdict, rights given up", regexp.MustCompile(`^Test(Doctor|Confined)`)},
	{"runc", regexp.MustCompile(`^TestRunc`)},
	{"containerd with its shim, pods over the CRI", regexp.MustCompile(`^Test(CtrRun|Pod(Shared|Apart))`)},
	{"podman with conmon and crun", regexp.MustCompile(`^TestPodman`)},
	{"crun", regexp.MustCompile(`^TestCrun`)},
}

// others are the tests of no row, in a row of their own.
func others(test string) bool {
	for _, f := range features {
		if f.tests.MatchString(test) {
			return false
		}
	}
	return true
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: table DOCUMENT RESULTS")
	}
	var machines []machine
	for _, path := range args[1:] {
		m, err := read(path)
		if err != nil {
			return err
		}
		machines = append(machines, m)
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("document: %w", err)
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("document %s: no lines %q and %q", args[0], begin, end)
	}
	table := string(before) + begin + format(machines) + end + string(after)
	if err := os.WriteFile(args[0], []byte(table), 0o644); err != nil {
		return fmt.Errorf("document: %w", err)
	}
	return nil
}

// machine is what one file says.
type machine struct {
	name    string
	results map[string]outcome // by test, the last of each
}

// outcome is one test's.
type outcome struct {
	result string // PASS, FAIL, SKIP
	build  string // commit, as given
}

var (
	result = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+)`)
	begun  = regexp.MustCompile(`^=== RUN +(\S+)`)
	build  = regexp.MustCompile(`^=== of (\S+)`)
)

func read(path string) (machine, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return machine{}, fmt.Errorf("results: %w", err)
	}
	name, text, _ := strings.Cut(string(raw), "\n")
	m := machine{name: name, results: map[string]outcome{}}
	of := ""
	for line := range strings.Lines(text) {
		if found := build.FindStringSubmatch(line); found != nil {
			of = found[1]
		} else if found := begun.FindStringSubmatch(line); found != nil {
			m.results[found[1]] = outcome{"FAIL", of}
		} else if found := result.FindStringSubmatch(line); found != nil {
			m.results[found[2]] = outcome{found[1], of}
		}
	}
	return m, nil
}

// head names the machine and of which builds its results are.
func (m machine) head() string {
	builds := map[string]bool{}
	for _, o := range m.results {
		builds[o.build] = true
	}
	delete(builds, "")
	return strings.ReplaceAll(m.name, " ", "<br>") + "<br>" + strings.Join(slices.Sorted(maps.Keys(builds)), "<br>")
}

func format(machines []machine) string {
	slices.SortFunc(machines, func(a, b machine) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString("| |")
	for _, m := range machines {
		b.WriteString(" " + m.head() + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat(":---:|", len(machines)) + "\n")
	row := func(name string, of func(test string) bool) {
		b.WriteString("| " + name + " |")
		for _, m := range machines {
			b.WriteString(" " + m.cell(of) + " |")
		}
		b.WriteString("\n")
	}
	for _, f := range features {
		row(f.name, f.tests.MatchString)
	}
	row("all other tests", others)
	return b.String()
}

// cell counts the tests that have none below them.
func (m machine) cell(of func(test string) bool) string {
	parents, count := map[string]bool{}, map[string]int{}
	for name := range m.results {
		if at := strings.LastIndexByte(name, '/'); at >= 0 {
			parents[name[:at]] = true
		}
	}
	for name, o := range m.results {
		if of(name) && !parents[name] {
			count[o.result]++
		}
	}
	switch {
	case count["FAIL"] > 0:
		return fmt.Sprintf("**%d of %d**", count["PASS"], count["PASS"]+count["FAIL"])
	case count["PASS"] > 0:
		return fmt.Sprint(count["PASS"])
	}
	return "–"
}
