package text

import (
	"bytes"
	"reflect"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// appendLegible appends the event's line, but with \xNN where JSON has U+FFFD for a
// byte that is no text. Such events are rare, so that they may cost another line.
func appendLegible(b []byte, ev *events.Event, bootTime int64) []byte {
	whole := ndjson.AppendEvent(b, ev, bootTime)
	// Within a string the quotes would be escaped.
	if !bytes.Contains(whole[len(b):], []byte(`"lossy":true`)) {
		return whole
	}
	ev = ev.Clone()
	makeLegible(reflect.ValueOf(ev).Elem())
	return ndjson.AppendEvent(b, ev, bootTime)
}

// makeLegible changes every string, and every vector of arguments, in the value.
func makeLegible(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			makeLegible(v.Field(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			makeLegible(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(legible(string(v.Bytes()))))
			return
		}
		for i := range v.Len() {
			makeLegible(v.Index(i))
		}
	case reflect.String:
		v.SetString(legible(v.String()))
	}
}

func legible(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b []byte
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			b = safe.AppendByte(b, s[0])
		} else {
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return string(b)
}
