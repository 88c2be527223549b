package svg_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/svg"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// drawing is what is in a picture: the texts, those behind cut ones in full, and the
// bars by their left and right ends.
type drawing struct {
	texts []string
	bars  [][2]float64
}

// elements are all that a picture may have, with their attributes.
var elements = map[string][]string{
	"svg": {"xmlns", "viewBox", "width", "height", "role"}, "title": nil, "style": nil,
	"rect": {"class", "x", "y", "width", "height"}, "text": {"class", "x", "y", "space", "text-anchor"},
}

type fatal interface {
	Fatal(...any)
	Errorf(string, ...any)
}

func draw(t fatal, all []*report.Timeline) (d drawing) {
	var out bytes.Buffer
	if err := svg.Write(&out, all); err != nil {
		t.Fatal(err)
	}
	return read(t, &out)
}

// read takes a picture apart, in which nothing may be but what pictures have.
func read(t fatal, out *bytes.Buffer) (d drawing) {
	exporttest.Inert(t, strings.ReplaceAll(out.String(), "&#xA;", "\n"))
	for in := xml.NewDecoder(out); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			may, ok := elements[token.Name.Local]
			if !ok {
				t.Errorf("element %s", token.Name.Local)
			}
			values := map[string]string{}
			for _, a := range token.Attr {
				if !slices.Contains(may, a.Name.Local) {
					t.Errorf("attribute %s of %s", a.Name.Local, token.Name.Local)
				}
				values[a.Name.Local] = a.Value
			}
			if strings.HasPrefix(values["class"], "bar ") {
				x, _ := strconv.ParseFloat(values["x"], 64)
				width, _ := strconv.ParseFloat(values["width"], 64)
				d.bars = append(d.bars, [2]float64{x, x + width})
			}
		case xml.CharData:
			d.texts = append(d.texts, string(token))
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Errorf("%T", token)
		}
	}
}

func sample(comm, name string, args ...string) *report.Timeline {
	init := events.Ref{Key: events.ProcKey{PID: 8, Start: 1}, Comm: comm}
	client := events.Ref{Key: events.ProcKey{PID: 7, Start: 1}, Comm: "docker"}
	return &report.Timeline{
		ID: "0123456789abcdef", Container: &events.Container{ID: "0123456789abcdef", Name: name}, Runtime: "docker",
		Init: init, Args: events.ArgsOf(args...), BeganNS: 1000, RunsNS: 5000,
		Phases: []report.Phase{
			{Name: "asked", Section: report.Starting, Part: "client", Process: client, Args: events.ArgsOf(args...), BeginNS: 1000, EndNS: 3000},
			{Name: "stage_2", Section: report.Starting, Part: "init", Process: init, Parent: client, BeginNS: 3000, EndNS: 5000},
			{Name: "entrypoint", Section: report.Starting, Part: "init", Process: init, BeginNS: 5000, Moment: true},
			{Name: "exit", Section: report.Stopping, Part: "init", Process: init, BeginNS: 9000, Moment: true, Exit: &events.ExitStatus{Signal: 9}},
		},
		Absent: []report.Absence{{Phase: "end", Why: "not_seen"}},
	}
}

// TestHostile reads any picture back: no string is an element, and each is there.
func TestHostile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func() string { return exporttest.Text.Draw(t, "text") }
		one := sample(text(), text(), text(), text())
		d := draw(t, []*report.Timeline{one})
		has := func(want string) {
			if !slices.ContainsFunc(d.texts, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("%q is not in %q", want, d.texts)
			}
		}
		has(string(words.AppendArgs(nil, one.Args, "")))
		has(words.Ref(one.Init))
		has(words.Container(one.Container))
	})
}

// TestScale: of what takes half of the time the bar is half of the room.
func TestScale(t *testing.T) {
	d := draw(t, []*report.Timeline{sample("sh", "web", "sh")})
	if len(d.bars) != 4 {
		t.Fatalf("%d bars", len(d.bars))
	}
	left, middle, right := d.bars[0][0], d.bars[0][1], d.bars[1][1]
	if d.bars[1][0] != middle || middle-left != right-middle || middle <= left {
		t.Errorf("bars %v", d.bars)
	}
	if last := d.bars[2]; last[1] != right || last[1]-last[0] < 1 {
		t.Errorf("the moment at the end is at %v, the end at %v", last, right)
	}
	for _, want := range []string{"asked", "stage 2", "entrypoint", "+0", "+2 us", "not known: end (not seen)"} {
		if !slices.Contains(d.texts, want) {
			t.Errorf("%q is not in %q", want, d.texts)
		}
	}
}
