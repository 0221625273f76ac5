package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// provisionerName stands in the storage classes of objects.yaml.
const provisionerName = "ditc.dev/test-cluster"

// The volume controller writes this on a claim when it is our turn: at once, or, in a class that
// waits for the first consumer, once the scheduler has chosen a node.
// https://kubernetes.io/docs/reference/labels-annotations-taints/#volume-kubernetes-io-storage-provisioner
const askedOf = "volume.kubernetes.io/storage-provisioner"

// This tells the volume controller that reclaiming is ours too.
const provisionedBy = "pv.kubernetes.io/provisioned-by"

// newProvisionerCommand is what a storage driver is to a real cluster: it makes a volume for each
// claim that asks and removes it when the claim is gone. Binding stays with the real controller.
// With a real node a volume is a directory of that node; else nothing is ever stored, since no kubelet mounts it.
func newProvisionerCommand() *cobra.Command {
	var kubeconfig string
	var disk disk
	command := &cobra.Command{
		Use:  "provisioner",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(command.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return fmt.Errorf("reading %s: %w", kubeconfig, err)
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			return provision(ctx, client, disk)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	command.Flags().StringVar(&disk.node, "node", "", "name of the real node, if there is one")
	command.Flags().StringVar(&disk.directory, "directory", "/var/lib/ditc-test-cluster", "where its volumes lie")
	return command
}

// disk is where volumes lie. Without a node it exists on paper only.
type disk struct{ node, directory string }

func provision(ctx context.Context, client kubernetes.Interface, disk disk) error {
	// Every object is looked at again after this long, so a failed request is made good.
	const again = 5 * time.Second
	factory := informers.NewSharedInformerFactory(client, again)
	claims := factory.Core().V1().PersistentVolumeClaims().Informer()
	volumes := factory.Core().V1().PersistentVolumes().Informer()

	if _, err := claims.AddEventHandler(eachVersion(func(claim *core.PersistentVolumeClaim) {
		if claim.Annotations[askedOf] != provisionerName || claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
			return
		}
		volume, err := disk.volumeFor(claim)
		if err != nil {
			klog.ErrorS(err, "making a volume's directory", "claim", klog.KObj(claim))
			return
		}
		_, err = client.CoreV1().PersistentVolumes().Create(ctx, volume, meta.CreateOptions{})
		if err != nil && !errors.IsAlreadyExists(err) {
			klog.ErrorS(err, "creating a volume", "claim", klog.KObj(claim))
		}
	})); err != nil {
		return err
	}

	if _, err := volumes.AddEventHandler(eachVersion(func(volume *core.PersistentVolume) {
		ours := volume.Annotations[provisionedBy] == provisionerName
		reclaim := volume.Spec.PersistentVolumeReclaimPolicy == core.PersistentVolumeReclaimDelete
		if !ours || !reclaim || volume.Status.Phase != core.VolumeReleased || volume.DeletionTimestamp != nil {
			return
		}
		// The data first: a directory without a volume would be given to nobody, but stay.
		if err := disk.clear(volume.Name); err != nil {
			klog.ErrorS(err, "removing a volume's directory", "volume", volume.Name)
			return
		}
		err := client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, meta.DeleteOptions{})
		if err != nil && !errors.IsNotFound(err) {
			klog.ErrorS(err, "deleting a volume", "volume", volume.Name)
		}
	})); err != nil {
		return err
	}

	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown()
	return nil
}

// eachVersion calls back for an object when it appears, changes, or is looked at again.
func eachVersion[T any](look func(T)) cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { look(object.(T)) },
		UpdateFunc: func(_, object any) { look(object.(T)) },
	}
}

// volumeFor names the volume after the claim's uid, so that asking twice makes one and no directory serves two claims.
func (disk disk) volumeFor(claim *core.PersistentVolumeClaim) (*core.PersistentVolume, error) {
	name := "pvc-" + string(claim.UID)
	path := filepath.Join(disk.directory, name)
	volume := &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{
			Name:        name,
			Annotations: map[string]string{provisionedBy: provisionerName},
		},
		Spec: core.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			ClaimRef:                      &core.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeReclaimPolicy: core.PersistentVolumeReclaimDelete,
			StorageClassName:              *claim.Spec.StorageClassName,
			VolumeMode:                    claim.Spec.VolumeMode,
		},
	}
	if disk.node == "" {
		volume.Spec.HostPath = &core.HostPathVolumeSource{Path: path}
		return volume, nil
	}
	// A local volume, not a host path: the kubelet gives only the former to a pod's fsGroup.
	volume.Spec.Local = &core.LocalVolumeSource{Path: path}
	volume.Spec.NodeAffinity = &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
		MatchExpressions: []core.NodeSelectorRequirement{{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{disk.node}}},
	}}}}
	return volume, os.MkdirAll(path, 0o755)
}

// clear removes what a released volume held.
func (disk disk) clear(volume string) error {
	if disk.node == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(disk.directory, volume))
}
