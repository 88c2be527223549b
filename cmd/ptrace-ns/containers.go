package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
)

// containerFlags are those by which containers are chosen.
type containerFlags struct {
	pods, namespaces, images, runtimes []string
	fresh                              bool
}

func (o *containerFlags) add(f *pflag.FlagSet) {
	f.StringSliceVar(&o.pods, "pod", nil, "only containers of the pod with the `NAME`, or whose uid begins so (repeatable)")
	f.StringSliceVarP(&o.namespaces, "namespace", "n", nil, "only containers of pods in the Kubernetes namespace `NAME` (repeatable)")
	f.StringSliceVar(&o.images, "image", nil, "only containers of the `IMAGE`, with or without its registry, tag and digest (repeatable)")
	f.StringSliceVar(&o.runtimes, "runtime", nil, "only containers of the `RUNTIME`: docker, containerd, podman, cri-o, runc, crun, lxc, nspawn (repeatable)")
	f.BoolVar(&o.fresh, "new-containers", false, "only containers that are made from now on")
}

func completeContainers(cmd *cobra.Command) {
	complete(cmd, "runtime", selection.Runtimes...)
}

// any reports whether something was asked for.
func (o *containerFlags) any() bool {
	return o.fresh || len(o.pods)+len(o.namespaces)+len(o.images)+len(o.runtimes) > 0
}

// check returns the predicates for what was asked for, with the names of -c.
func (o *containerFlags) check(names []string) ([]selection.Predicate, error) {
	for _, given := range []struct {
		what   string
		values []string
	}{{"name or id", names}, {"pod", o.pods}, {"namespace", o.namespaces}, {"image", o.images}} {
		if slices.Contains(given.values, "") {
			return nil, usageError("container's %s is empty", given.what)
		}
	}
	for _, runtime := range o.runtimes {
		if !slices.Contains(selection.Runtimes, runtime) {
			return nil, usageError("runtime %q is unknown; there are %s", runtime, strings.Join(selection.Runtimes, ", "))
		}
	}
	var wanted []selection.Predicate
	choice := selection.Containers{Names: names, Pods: o.pods, Namespaces: o.namespaces, Images: o.images, Runtimes: o.runtimes}
	if !choice.Any() {
		wanted = append(wanted, choice.Wants)
	}
	if o.fresh {
		wanted = append(wanted, selection.NewContainers())
	}
	return wanted, nil
}

// runtimeAPI adds the flag that says whether daemons are asked, to a command that
// looks at the live machine.
func (a *app) runtimeAPIFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.runtimeAPI, "runtime-api", "off", "ask container engines for names: `WHEN` is off, auto for the usual sockets of Docker, Podman and containerd, or the path of a socket; files of the runtimes are read anyway")
	complete(cmd, "runtime-api", "off", "auto")
}

// checkRuntimeAPI checks what the flag says.
func (a *app) checkRuntimeAPI() error {
	if a.runtimeAPI == "" || a.runtimeAPI == "off" || a.runtimeAPI == "auto" || filepath.IsAbs(a.runtimeAPI) {
		return nil
	}
	return usageError("runtime-api %q is neither off, auto nor the absolute path of a socket", a.runtimeAPI)
}

// filesAlone ends a warning that no container engine answered.
const filesAlone = "; what is told of containers is from files alone"

// silentAPI warns at the end of an engine that was to be asked and never answered: what is
// told does not look otherwise.
type silentAPI struct {
	tracing
	app *app
}

func (s *silentAPI) Close() error {
	if live, ok := s.tracing.(interface{ Unanswered() error }); ok {
		if err := live.Unanswered(); err != nil {
			s.app.log.Warn().Msg(err.Error() + filesAlone)
		}
	}
	return s.tracing.Close()
}
