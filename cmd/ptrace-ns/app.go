package main

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

// app is what the commands need from outside. Tests replace it.
type app struct {
	in             io.Reader
	out, err       io.Writer
	outTTY, errTTY bool
	getenv         func(string) string
	open           func(context.Context, liveOptions) (tracing, error)

	log       zerolog.Logger
	logLevel  string // "" is for the command to choose
	logFormat string
}

func newApp() *app {
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
		getenv: os.Getenv,
		open:   openLive,
	}
	a.log = a.newLog("console")
	return a
}

func (a *app) newLog(format string) zerolog.Logger {
	var w io.Writer = zerolog.ConsoleWriter{
		Out:           a.err,
		NoColor:       !a.errTTY || a.getenv("NO_COLOR") != "",
		TimeFormat:    time.TimeOnly,
		FormatMessage: consoleMessage,
	}
	if format == "json" {
		w = a.err
	}
	return zerolog.New(w).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}

// consoleMessage keeps the line breaks of a message, for those that mark a place,
// and nothing else that a terminal would obey.
func consoleMessage(value any) string {
	text, _ := value.(string)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = safe.String(lines[i])
	}
	return strings.Join(lines, "\n")
}

// setUpLog makes the logger that the flags ask for.
func (a *app) setUpLog() error {
	if a.logFormat != "console" && a.logFormat != "json" {
		return usageError("log format %q is unknown; there are console and json", a.logFormat)
	}
	a.log = a.newLog(a.logFormat)
	if a.logLevel == "" {
		return nil
	}
	level, err := zerolog.ParseLevel(a.logLevel)
	if err != nil {
		return usageError("log level %q is unknown; there are trace, debug, info, warn, error and disabled", a.logLevel)
	}
	a.log = a.log.Level(level)
	return nil
}

// quietLog raises the level where log lines would tear a picture apart, unless
// the flag says otherwise.
func (a *app) quietLog() {
	if a.logLevel == "" {
		a.log = a.log.Level(zerolog.WarnLevel)
	}
}

// unicode reports whether the locale's characters are UTF-8.
func (a *app) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := a.getenv(name); value != "" {
			value = strings.ToUpper(value)
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return false
}
