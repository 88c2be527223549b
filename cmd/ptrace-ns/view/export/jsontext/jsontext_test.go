package jsontext_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/jsontext"
)

func TestAppend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := exporttest.Text.Draw(t, "text") + rapid.String().Draw(t, "more")
		b, err := jsontext.Append([]byte(nil), text)
		if err != nil {
			t.Fatal(err)
		}
		exporttest.Inert(t, string(b))
		var back string
		if err := json.Unmarshal(b, &back); err != nil || back != exporttest.Valid(text) {
			t.Errorf("%q became %q, %v", text, back, err)
		}
	})
	if _, err := jsontext.Append(nil, func() {}); err == nil {
		t.Error("a function has JSON")
	}
}
