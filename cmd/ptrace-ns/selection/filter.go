package selection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Filter is an expression over an event's JSON names. It is checked against the
// types of the stream before anything starts, and then sees exactly what the
// JSON line says: a field that an event does not have is nil, which equals
// nothing, and an expression that cannot be answered does not want the event.
type Filter struct {
	program *vm.Program
	machine vm.VM
	line    []byte
}

// NewFilter compiles an expression. The error marks the place.
func NewFilter(source string) (*Filter, error) {
	env := typed(reflect.TypeFor[ndjson.Doc]()).(types.Map)
	if _, err := expr.Compile(source, expr.Env(env), expr.AsBool()); err != nil {
		return nil, fmt.Errorf("filter: %w", named(err))
	}
	// The checker's program may rely on the types and so on every field being
	// there; this one is told nothing of them.
	program, err := expr.Compile(source, expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), expr.AsBool(), expr.Patch(optional{}))
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return &Filter{program: program}, nil
}

// An error of the checker speaks of Go's types, which are others than the stream's.
var (
	goTypes   = strings.NewReplacer("map[string]interface {}", "object", "[]interface {}", "array", "interface {}", "any value")
	goNumbers = regexp.MustCompile(`\b(types?|and|got) (u?int(?:8|16|32|64)?|float64)\b`)
)

// named names the types in an error as the stream does.
func named(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	told := *at
	told.Message = goNumbers.ReplaceAllStringFunc(goTypes.Replace(told.Message), func(s string) string {
		lead, name, _ := strings.Cut(s, " ")
		if name == "float64" {
			return lead + " number"
		}
		return lead + " integer"
	})
	return &told
}

// optional makes each a.b an a?.b.
type optional struct{}

// Visit implements ast.Visitor.
func (optional) Visit(node *ast.Node) {
	if member, ok := (*node).(*ast.MemberNode); ok && !member.Optional {
		member.Optional = true
		ast.Patch(node, &ast.ChainNode{Node: member})
	}
}

// Wants is the predicate.
func (f *Filter) Wants(ev *events.Event) bool {
	f.line = ndjson.AppendEvent(f.line[:0], ev, 0)
	env, err := decode(f.line)
	if err != nil {
		return false
	}
	result, err := f.machine.Run(f.program, env)
	wanted, _ := result.(bool)
	return err == nil && wanted
}

// decode reads a line with integers as integers: a float64 would round start_ns.
func decode(line []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var env map[string]any
	if err := d.Decode(&env); err != nil {
		return nil, err
	}
	integers(env)
	return env, nil
}

func integers(value any) any {
	switch v := value.(type) {
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil
		}
		return int(n)
	case map[string]any:
		for name, member := range v {
			v[name] = integers(member)
		}
	case []any:
		for i, element := range v {
			v[i] = integers(element)
		}
	}
	return value
}
