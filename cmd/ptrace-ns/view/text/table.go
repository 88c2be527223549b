package text

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/lines"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Table prints chosen fields of the stream as columns.
type Table struct {
	out *lines.Buffer
	printer
	bootTime int64
	fields   [][]string
	widths   []int
	line     []byte
	headed   bool
}

// NewTable returns a sink over w for fields by their dotted JSON names, and
// buffers the line of headings.
func NewTable(w io.Writer, h *events.Header, o Options, fields []string) *Table {
	t := &Table{out: lines.New(w), printer: printer{glyphs: o.glyphs(), color: o.Color}, bootTime: h.BootTimeNS}
	for _, name := range fields {
		t.fields = append(t.fields, strings.Split(name, "."))
		t.widths = append(t.widths, safe.Width(name))
	}
	if !o.Late {
		_ = t.head(h.StartNS) // the buffer is empty and takes any line
	}
	return t
}

func (t *Table) head(bootNS uint64) error {
	t.headed = true
	t.begin(t.out.Bytes())
	for i, path := range t.fields {
		t.column(i, strings.ToUpper(strings.Join(path, ".")))
	}
	return t.out.Put(t.end(bold), bootNS)
}

// Put buffers one line.
func (t *Table) Put(ev *events.Event) error {
	if !t.headed {
		if err := t.head(ev.BootNS); err != nil {
			return err
		}
	}
	t.line = appendLegible(t.line[:0], ev, t.bootTime)
	t.begin(t.out.Bytes())
	for i, path := range t.fields {
		t.column(i, safe.String(value(t.line, path)))
	}
	return t.out.Put(t.end(lineStyle(ev.Kind)), ev.BootNS)
}

// Flush writes the buffered lines.
func (t *Table) Flush() error { return t.out.Flush() }

// column writes one cell. A column grows with what it has held and never shrinks,
// so that the lines below a long one are aligned again. The last is not filled.
func (t *Table) column(i int, text string) {
	if i == len(t.fields)-1 {
		t.str(text)
		return
	}
	t.widths[i] = max(t.widths[i], safe.Width(text))
	t.cell(text, t.widths[i])
}

// value returns a member's text: a string without its quotes, - where there is
// none, anything else as JSON.
func value(line json.RawMessage, path []string) string {
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(line, &members) != nil || members[name] == nil {
			return "-"
		}
		line = members[name]
	}
	var text string
	if json.Unmarshal(line, &text) == nil {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, line) != nil {
		return "-"
	}
	return compact.String()
}
