package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

// app is what the commands need from outside. Tests replace it.
type app struct {
	in             io.Reader
	out, err       io.Writer
	outTTY, errTTY bool
	getenv         func(string) string
	width          func() int // of the terminal; 0 where there is none
	user           func(uint32) string
	boot           string // this boot of this machine
	open           func(context.Context, liveOptions) (tracing, error)
	look           func(context.Context) (*census, error)
	runtimeAPI     string // what --runtime-api says
	// confine gives up what is not needed any more; nil gives up nothing, as in tests,
	// whose process goes on.
	confine func(confine.Plan) (confine.Result, error)
	become  *confine.User // whom --user names

	log       zerolog.Logger
	logLevel  *zerolog.Level // nil is for the command to choose
	logFormat string
}

func newApp() *app {
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
		getenv: os.Getenv,
		width:  terminalWidth,
		user:   userNames(),
		boot:   bootID(),
	}
	a.open = func(ctx context.Context, o liveOptions) (tracing, error) {
		if err := a.checkRuntimeAPI(); err != nil {
			return nil, err
		}
		o.RuntimeAPI = a.runtimeAPI
		live, err := openLive(ctx, o)
		if err != nil {
			return nil, err
		}
		return &silentAPI{live, a}, nil
	}
	a.look = func(ctx context.Context) (*census, error) { return lookLive(ctx, a.runtimeAPI) }
	a.setUpLog()
	return a
}

// setUpLog makes the logger that was asked for so far.
func (a *app) setUpLog() {
	var w io.Writer = zerolog.ConsoleWriter{
		Out:           a.err,
		NoColor:       !a.errTTY || a.getenv("NO_COLOR") != "",
		TimeFormat:    time.TimeOnly,
		FormatMessage: consoleMessage,
	}
	if a.logFormat == "json" {
		w = a.err
	}
	level := zerolog.InfoLevel
	if a.logLevel != nil {
		level = *a.logLevel
	}
	a.log = zerolog.New(w).Level(level).With().Timestamp().Logger()
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

// logFlags set the logger up as they are read, so that whatever goes wrong after
// them is told their way.
func (a *app) logFlags(flags *pflag.FlagSet) {
	flags.Func("log-level", "diagnostics from `LEVEL` on: trace, debug, info, warn, error, disabled (default info, and warn while text is on a terminal)", func(s string) error {
		level, err := zerolog.ParseLevel(s)
		if err != nil || s == "" {
			return errors.New("there are trace, debug, info, warn, error and disabled")
		}
		a.logLevel = &level
		a.setUpLog()
		return nil
	})
	flags.Func("log-format", "diagnostics as `FORMAT`: console or json (default console)", func(s string) error {
		if s != "console" && s != "json" {
			return errors.New("there are console and json")
		}
		a.logFormat = s
		a.setUpLog()
		return nil
	})
}

// quietLog raises the level where log lines would tear a picture apart, unless
// the flag says otherwise.
func (a *app) quietLog() {
	if a.logLevel == nil {
		a.log = a.log.Level(zerolog.WarnLevel)
	}
}

// coloured reports whether text is coloured, by what --color says.
func (a *app) coloured(when string) bool {
	return when == "always" || when == "auto" && a.outTTY && a.getenv("NO_COLOR") == ""
}

// terminalWidth returns the width of the terminal on standard output, 0 for none.
func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return width
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
