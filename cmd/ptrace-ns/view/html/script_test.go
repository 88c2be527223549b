package html_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
)

// given are the names that the script takes from the browser. A name that is neither
// here nor declared is misspelt.
var given = strings.Fields(`Array Boolean Date Infinity Int32Array Float64Array JSON Map Math Number Object ResizeObserver Set String Uint32Array Uint8Array
	URLSearchParams addEventListener document history location removeEventListener requestAnimationFrame undefined`)

// TestScript: what a compiler would say of the script. It parses, no name in it is
// unknown, and none is declared for nothing.
func TestScript(t *testing.T) {
	script := split(t, page(t, header(), nil, html.About{}))[3]
	ast, err := js.Parse(parse.NewInputBytes(slices.Clone(script)), js.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range ast.Undeclared {
		if !slices.Contains(given, string(v.Name())) {
			t.Errorf("%s is declared nowhere", v.Name())
		}
	}
	scopes := 0
	js.Walk(visit(func(n js.INode) {
		block, ok := n.(*js.BlockStmt)
		if !ok {
			return
		}
		scopes++
		for _, v := range block.Declared {
			// Its declaration is the first use of it; a parameter may be there for those behind it.
			if v.Uses < 2 && v.Decl != js.ArgumentDecl {
				t.Errorf("%s is declared and not used", v.Name())
			}
		}
	}), ast)
	if scopes < 100 {
		t.Errorf("%d scopes: this does not read all of the script", scopes)
	}
}

type visit func(js.INode)

func (f visit) Enter(n js.INode) js.IVisitor { f(n); return f }

func (f visit) Exit(js.INode) {}

// TestFunctions: those that turn numbers into words and places, each by itself.
func TestFunctions(t *testing.T) {
	b := open(t, page(t, header(), nil, html.About{}), "", 800, 600)
	// 2026-11-22T00:00:00.000000999Z began a recording whose data is this.
	const data = `const data = { meta: { start_ms: 1795305600000, start_ns: 999 } };`
	for _, c := range []struct{ expression, want string }{
		{`span(0)`, "0 ns"}, {`span(999)`, "999 ns"}, {`span(1000)`, "1 µs"}, {`span(1234567)`, "1.23 ms"}, {`span(59.96e9)`, "60 s"}, {`span(60e9)`, "1 min"},
		{`span(3600e9 + 61e9)`, "1 h 1 min"}, {`span(90000e9)`, "1 d 1 h"},
		{`since(0)`, "+0"}, {`since(-1500)`, "−1.5 µs"}, {`since(2e9)`, "+2 s"},
		{`clock(0)`, "00:00:00.000000"}, {`clock(1)`, "00:00:00.000001"}, {`clock(-1000)`, "23:59:59.999999"}, {`clock(86399999999000)`, "23:59:59.999999"}, {`clock(1e300)`, "–"},
		{`date(0)`, "2026-11-22 00:00:00 UTC"}, {`date(-1e9)`, "2026-11-21 23:59:59 UTC"}, {`date(1e300)`, "at a time beyond all calendars"},
		{`ticks(0, 100, 10).all.join()`, "0,10,20,30,40,50,60,70,80,90,100"}, {`ticks(5, 95, 3).all.join()`, "50"}, {`ticks(-30, 30, 3).all.join()`, "-20,0,20"},
		{`ticks(0, 1e-9, 1e9).all.length <= 200`, "true"}, {`ticks(9007199254740992, 9007199254740994, 10).all.length <= 200`, "true"},
		{`tickLabel(1500, 500)`, "1.5 µs"}, {`tickLabel(2000, 1000)`, "2 µs"}, {`tickLabel(-2e6, 1e6)`, "−2 ms"}, {`tickLabel(0, 1e9)`, "0 s"},
		{`[moveBy("ArrowDown", 4, 5, 3), moveBy("PageUp", 1, 5, 3), moveBy("End", 0, 5, 3), moveBy("x", 0, 5, 3)].join()`, "4,0,4,"},
	} {
		var parts strings.Builder
		for _, name := range []string{"time", "axis", "rows"} {
			text, err := os.ReadFile("assets/" + name + ".js")
			if err != nil {
				t.Fatal(err)
			}
			parts.Write(text)
		}
		if got := eval[string](b, `(() => { "use strict"; `+data+parts.String()+`; return String(`+c.expression+`); })()`); got != c.want {
			t.Errorf("%s is %q, want %q", c.expression, got, c.want)
		}
	}
}
