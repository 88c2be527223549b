package otel

import (
	"strconv"
	"unicode/utf8"
)

// attribute is KeyValue of opentelemetry/proto/common/v1/common.proto.
type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

// value is AnyValue: exactly one is set.
type value struct {
	String *string `json:"stringValue,omitempty"`
	Bool   *bool   `json:"boolValue,omitempty"`
	Int    string  `json:"intValue,omitempty"`
	Bytes  []byte  `json:"bytesValue,omitempty"` // base64
	Array  *array  `json:"arrayValue,omitempty"`
}

type array struct {
	Values []value `json:"values"`
}

// attributes leaves out those without a value.
func attributes(all ...attribute) []attribute {
	kept := all[:0]
	for _, a := range all {
		if a.Key != "" {
			kept = append(kept, a)
		}
	}
	return kept
}

// plain is a text that is UTF-8; the empty one is not known.
func plain(key, s string) attribute {
	if s == "" {
		return attribute{}
	}
	return attribute{key, value{String: &s}}
}

func raw(key, s string) attribute { return attribute{key, value{Bytes: []byte(s)}} }

func flag(key string, b bool) attribute {
	if !b {
		return attribute{}
	}
	return attribute{key, value{Bool: &b}}
}

func number(key string, n int64) attribute {
	return attribute{key, value{Int: strconv.FormatInt(n, 10)}}
}

func numbers(key string, all []int64) attribute {
	a := &array{Values: []value{}}
	for _, n := range all {
		a.Values = append(a.Values, value{Int: strconv.FormatInt(n, 10)})
	}
	return attribute{key, value{Array: a}}
}

// list is an array of strings; one that is not UTF-8 is there as bytes.
func list(key string, all []string) attribute {
	a := &array{Values: []value{}}
	for _, s := range all {
		v := value{String: &s}
		if !utf8.ValidString(s) {
			v = value{Bytes: []byte(s)}
		}
		a.Values = append(a.Values, v)
	}
	return attribute{key, value{Array: a}}
}
