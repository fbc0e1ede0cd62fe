"""Files and folders: which specs there are, what stands on disk, and writing, checking and pruning outputs."""
