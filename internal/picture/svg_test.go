package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestSVG(t *testing.T) {
	got := SVG("a & b", "plain \x1b[1;31mred <b>\x1b[0m  \x1b[7m on \x1b[0m\n日本\x1b[2mx\x1b[0m")
	d := xml.NewDecoder(strings.NewReader(got))
	var texts []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
			texts = append(texts, string(c))
		}
	}
	want := []string{"a & b", css, "plain", "red <b>", "on", "日本", "x"}
	if strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Errorf("texts are %q", texts)
	}
	for _, part := range []string{
		`<text x="60" y="25" textLength="56" class="b c31">`, `<rect class="rb" x="132"`, `class="r">on<`,
		`<text x="44" y="43" textLength="8" class="d">x<`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is not in\n%s", part, got)
		}
	}
}
