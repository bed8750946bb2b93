"""Every pair of many single operations in both orders on real databases: what the rules are held against."""
