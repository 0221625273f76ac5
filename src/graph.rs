//! A graph of what must come before what; it orders, finds cycles, and has never heard of Kubernetes.

use std::collections::{BTreeMap, BTreeSet};

/// Nodes with edges to what they need first. Every walk is in the order of `K`, so the same graph gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph<K> {
    needs: BTreeMap<K, BTreeSet<K>>,
}

impl<K> Default for Graph<K> {
    fn default() -> Self {
        Self { needs: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Graph<K> {
    /// Adds a node; one that is there already keeps its edges.
    pub fn add(&mut self, node: K) {
        self.needs.entry(node).or_default();
    }

    /// Says that `node` starts only when `first` is done; both are added where missing.
    pub fn need(&mut self, node: K, first: K) {
        self.add(first.clone());
        self.needs.entry(node).or_default().insert(first);
    }

    pub fn nodes(&self) -> impl Iterator<Item = &K> {
        self.needs.keys()
    }

    #[must_use]
    pub fn contains(&self, node: &K) -> bool {
        self.needs.contains_key(node)
    }

    /// What `node` needs directly.
    pub fn needs(&self, node: &K) -> impl Iterator<Item = &K> {
        self.needs.get(node).into_iter().flatten()
    }

    /// All that needs `node`, directly or through others; not `node` itself.
    #[must_use]
    pub fn dependents(&self, node: &K) -> BTreeSet<K> {
        let needed_by = self.needed_by();
        let mut found = BTreeSet::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for dependent in needed_by.get(node).into_iter().flatten() {
                if found.insert((*dependent).clone()) {
                    open.push(dependent);
                }
            }
        }
        found
    }

    /// The same edges, read backwards: what waits directly for each node that anything waits for.
    #[must_use]
    pub fn needed_by(&self) -> BTreeMap<&K, Vec<&K>> {
        let mut needed_by: BTreeMap<&K, Vec<&K>> = BTreeMap::new();
        for (node, needs) in &self.needs {
            for first in needs {
                needed_by.entry(first).or_default().push(node);
            }
        }
        needed_by
    }

    /// The nodes in an order in which each stands behind all it needs; of several that could come next, the least comes.
    ///
    /// # Errors
    /// The nodes of one cycle, each followed by one that it needs.
    pub fn order(&self) -> Result<Vec<K>, Vec<K>> {
        let mut open: BTreeMap<&K, usize> = self.needs.iter().map(|(node, needs)| (node, needs.len())).collect();
        let needed_by = self.needed_by();
        let mut ready: BTreeSet<&K> = open.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
        let mut order = Vec::with_capacity(open.len());
        while let Some(node) = ready.pop_first() {
            open.remove(node);
            order.push(node.clone());
            for dependent in needed_by.get(node).into_iter().flatten() {
                let count = open.get_mut(dependent).expect("a node opens only after all it needs");
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependent);
                }
            }
        }
        match open.keys().next() {
            None => Ok(order),
            Some(start) => Err(self.cycle(start, &open)),
        }
    }

    /// Walks along needs that are still open until a node comes again; each open node has one.
    fn cycle(&self, start: &K, open: &BTreeMap<&K, usize>) -> Vec<K> {
        let mut path: Vec<&K> = vec![start];
        loop {
            let last = path[path.len() - 1];
            let next = self.needs[last]
                .iter()
                .find(|first| open.contains_key(first))
                .expect("an open node waits for another open one");
            if let Some(at) = path.iter().position(|node| *node == next) {
                return path[at..].iter().map(|node| (*node).clone()).collect();
            }
            path.push(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&'static str, &'static str)]) -> Graph<&'static str> {
        let mut graph = Graph::default();
        for (node, first) in edges {
            graph.need(*node, *first);
        }
        graph
    }

    #[test]
    fn orders_by_need_then_by_name() {
        let graph = graph(&[("orders", "postgresql"), ("orders", "rabbitmq"), ("gateway", "rabbitmq")]);
        assert_eq!(graph.order(), Ok(vec!["postgresql", "rabbitmq", "gateway", "orders"]));
        assert_eq!(graph.dependents(&"rabbitmq"), BTreeSet::from(["gateway", "orders"]));
    }

    #[test]
    fn names_the_nodes_of_a_cycle_and_no_others() {
        assert_eq!(graph(&[("start", "a"), ("a", "b"), ("b", "c"), ("c", "a")]).order(), Err(vec!["a", "b", "c"]));
        assert_eq!(graph(&[("a", "a")]).order(), Err(vec!["a"]));
    }
}
