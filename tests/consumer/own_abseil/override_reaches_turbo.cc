// The define comes from this workspace's @com_google_absl, by way of Turbo's own dependencies.
#ifndef CONSUMERS_OWN_ABSEIL
#error "Turbo uses another Abseil than the one this workspace has defined"
#endif
