// Command pod does with a container runtime what a kubelet does: it makes a pod,
// starts containers in it, stops and removes it, over the CRI. It prints the ids.
//
// It is a module of its own, so that Kubernetes' and gRPC's packages stay out of
// the one that it tests. It must not know the tracer.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const usage = `usage: pod -socket PATH [-name NAME] [-uid UID] [-share] COMMAND
  ready IMAGE...                 wait until the runtime answers and has the images
  sandbox                        make the pod and print its sandbox's id
  container ID NAME IMAGE ARG... start a container in it and print its id
  stop ID                        end all that runs in it
  remove ID                      forget it`

// limit is for one command; what is waited for are other programs.
const limit = 60 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pod:", err)
		os.Exit(1)
	}
}

// kubelet is what one invocation knows.
type kubelet struct {
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
	pod     *cri.PodSandboxConfig
	out     io.Writer
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pod", flag.ContinueOnError)
	socket := flags.String("socket", "", "the runtime's CRI socket")
	name := flags.String("name", "web", "the pod's name")
	uid := flags.String("uid", "0", "the pod's UID, which its cgroup has in its name")
	share := flags.Bool("share", false, "one PID namespace for the pod")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return fmt.Errorf("command missing\n%s", usage)
	}
	conn, err := grpc.NewClient("unix:"+*socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("runtime %s: %w", *socket, err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	k := kubelet{
		runtime: cri.NewRuntimeServiceClient(conn),
		images:  cri.NewImageServiceClient(conn),
		pod:     podConfig(*name, *uid, *share),
		out:     out,
	}
	return k.do(ctx, flags.Arg(0), flags.Args()[1:])
}

func (k kubelet) do(ctx context.Context, command string, args []string) error {
	switch {
	case command == "ready":
		return k.ready(ctx, args)
	case command == "sandbox" && len(args) == 0:
		return k.sandbox(ctx)
	case command == "container" && len(args) >= 3:
		return k.container(ctx, args[0], args[1], args[2], args[3:])
	case command == "stop" && len(args) == 1:
		return k.stop(ctx, args[0])
	case command == "remove" && len(args) == 1:
		_, err := k.runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: args[0]})
		return err
	}
	return fmt.Errorf("command %q with %d arguments\n%s", command, len(args), usage)
}

// stop ends a pod. Where its containers share a PID namespace they may be dead before
// containerd has heard of it, and one that it thinks running cannot be removed. Their shim
// may end amid the request ("ttrpc: closed"): a kubelet asks again, and so does this.
func (k kubelet) stop(ctx context.Context, pod string) error {
	for {
		_, err := k.runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod})
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
	running := &cri.ListContainersRequest{Filter: &cri.ContainerFilter{
		PodSandboxId: pod, State: &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING},
	}}
	for {
		list, err := k.runtime.ListContainers(ctx, running)
		if err != nil || len(list.Containers) == 0 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// ready waits for images that were imported behind the CRI's back, which learns of
// them by an event.
func (k kubelet) ready(ctx context.Context, images []string) error {
	if _, err := k.runtime.Version(ctx, &cri.VersionRequest{}, grpc.WaitForReady(true)); err != nil {
		return err
	}
	for _, image := range images {
		for {
			status, err := k.images.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: image}})
			if err != nil {
				return fmt.Errorf("image %s: %w", image, err)
			}
			if status.Image != nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

func (k kubelet) sandbox(ctx context.Context) error {
	made, err := k.runtime.RunPodSandbox(ctx, &cri.RunPodSandboxRequest{Config: k.pod})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(k.out, made.PodSandboxId)
	return err
}

func (k kubelet) container(ctx context.Context, sandbox, name, image string, args []string) error {
	made, err := k.runtime.CreateContainer(ctx, &cri.CreateContainerRequest{
		PodSandboxId:  sandbox,
		SandboxConfig: k.pod,
		Config: &cri.ContainerConfig{
			Metadata: &cri.ContainerMetadata{Name: name},
			Image:    &cri.ImageSpec{Image: image},
			Command:  args,
			LogPath:  name + ".log",
			Linux:    &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{NamespaceOptions: k.pod.Linux.SecurityContext.NamespaceOptions}},
		},
	})
	if err != nil {
		return err
	}
	if _, err := k.runtime.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: made.ContainerId}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(k.out, made.ContainerId)
	return err
}

// podConfig is a best-effort pod in the host's network: no CNI plugin is needed.
func podConfig(name, uid string, share bool) *cri.PodSandboxConfig {
	pid := cri.NamespaceMode_CONTAINER
	if share {
		pid = cri.NamespaceMode_POD
	}
	return &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Uid: uid, Namespace: "default"},
		LogDirectory: os.TempDir() + "/pod-" + strings.ReplaceAll(uid, "/", "_"),
		Linux: &cri.LinuxPodSandboxConfig{
			CgroupParent: "/kubepods/besteffort/pod" + uid,
			SecurityContext: &cri.LinuxSandboxSecurityContext{
				NamespaceOptions: &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: pid},
			},
		},
	}
}
