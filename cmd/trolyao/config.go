package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
)

func newConfig(o *options) *cobra.Command {
	var defaults bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "In các thiết lập đang có hiệu lực, che khoá bí mật",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if defaults {
				_, err := cmd.OutOrStdout().Write(configs.DefaultYAML())
				return err
			}
			cfg, err := o.settings(nil)
			if err != nil {
				return err
			}
			data, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(data)
			return err
		},
	}
	cmd.Flags().BoolVar(&defaults, "defaults", false, "in tệp mặc định kèm giải thích, để chép ra và sửa")
	return cmd
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "In phiên bản chương trình",
		Args:  noArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "trolyao", version())
		},
	}
}

// version reads what the Go tool recorded at build time.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "không rõ"
	}
	v, revision := info.Main.Version, ""
	if v == "" || v == "(devel)" {
		v = "bản phát triển"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v + revision + " (" + info.GoVersion + ")"
}
