//go:build tools

// Package programs names what install builds, so that go.mod and go.sum hold exactly what it needs.
package programs

import (
	_ "github.com/projectcontour/contour/cmd/contour"
	_ "sigs.k8s.io/kube-network-policies/cmd"
)
