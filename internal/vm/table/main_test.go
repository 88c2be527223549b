package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const output = `6.1.0-56 amd64
=== of 2222222
=== RUN   TestEachProgramLoads
--- FAIL: TestEachProgramLoads (19.23s)
    --- PASS: TestEachProgramLoads/sys_exit (1.16s)
    --- FAIL: TestEachProgramLoads/task_newtask (1.72s)
--- PASS: TestRuncAlone (3.00s)
--- SKIP: TestPodmanStop (0.00s)
=== RUN   TestBirths
=== of 1111111
=== RUN   TestThatNoRowHas
--- FAIL: TestThatNoRowHas (0.10s)
=== RUN   TestCrunAlone
--- PASS: TestCrunAlone (1.00s)
`

func TestTable(t *testing.T) {
	dir := t.TempDir()
	document, results := filepath.Join(dir, "doc.md"), filepath.Join(dir, "results.txt")
	for path, text := range map[string]string{document: "before\n" + begin + "old\n" + end + "after\n", results: output} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{document, results}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if !strings.HasPrefix(text, "before\n"+begin+"| | 6.1.0-56<br>amd64<br>1111111<br>2222222 |\n") || !strings.HasSuffix(text, end+"after\n") {
		t.Errorf("document:\n%s", text)
	}
	for _, row := range []string{
		"attaches, in the variant that BTF asks for | **1 of 2** |\n", // the parent is no test of its own
		"| runc | 1 |\n",
		"| podman with conmon and crun | – |\n", // skipped is not seen
		"| all other tests | **0 of 1** |\n",
		"| count identity | **0 of 1** |\n", // begun, and no end: the machine broke
	} {
		if !strings.Contains(text, row) {
			t.Errorf("no %q in\n%s", row, text)
		}
	}
}
