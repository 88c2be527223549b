package csv_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	table "github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/csv"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// TestTable reads any table back: each string is what it was, no cell is a formula, and
// the last column is the event.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		var out bytes.Buffer
		to := table.New(&out, exporttest.Header())
		exporttest.Put(t, to, all)
		if err := to.Finish(); err != nil {
			t.Fatal(err)
		}
		exporttest.Inert(t, out.String())
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != len(all)+1 || !slices.Equal(rows[0], table.Columns) {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, ev := range all {
			row := map[string]string{}
			for c, cell := range rows[i+1] {
				if cell != "" && strings.ContainsRune("=+-@＝＋－＠\t\r", []rune(cell)[0]) {
					t.Errorf("%s is a formula: %q", table.Columns[c], cell)
				}
				row[table.Columns[c]] = cell
			}
			p := &ev.Process
			want := map[string]string{"comm": p.Comm, "exe": p.Exe, "cwd": p.Cwd, "cgroup": p.Cgroup.Path, "parent_comm": p.Parent.Comm}
			if c := p.Container; c != nil {
				want["container_id"], want["container_name"], want["container_image"], want["pod"] = c.ID, c.Name, c.Image, c.Pod
			}
			for name, text := range want {
				if got := exporttest.Name(t, row[name]); got != text {
					t.Errorf("%s is %q, want %q", name, got, text)
				}
			}
			if got := exporttest.Unquote(t, row["args"]); !slices.Equal(got, p.Args.Strings()) {
				t.Errorf("args are %q, want %q", got, p.Args.Strings())
			}
			back, err := new(ndjson.Decoder).Event([]byte(row["json"]))
			if err != nil {
				t.Fatal(err)
			}
			boot := exporttest.Header().BootTimeNS
			if got, want := ndjson.AppendEvent(nil, back, boot), ndjson.AppendEvent(nil, ev, boot); !bytes.Equal(got, want) {
				t.Errorf("json is %s want %s", got, want)
			}
		}
	})
}
