package ndjson

import (
	"strings"
	"testing"
)

// TestTrailerUnknownLoss: what nobody knows is absent, and is not read as zero.
func TestTrailerUnknownLoss(t *testing.T) {
	for line, want := range map[string]Trailer{
		`"lost":0`:       {Events: 1},
		`"lost":3`:       {Events: 1, Lost: 3},
		`"by_event":{}}`: {Events: 1, LostUnknown: true},
	} {
		b := AppendTrailer(nil, &want)
		if !strings.Contains(string(b), line) || strings.Contains(string(b), `"lost"`) == want.LostUnknown {
			t.Errorf("%+v is written as %s", want, b)
		}
		var got Trailer
		var d Decoder
		if err := d.Trailer(b, &got); err != nil || got.LostUnknown != want.LostUnknown || got.Lost != want.Lost {
			t.Errorf("%s is %+v, %v", b, got, err)
		}
	}
}
