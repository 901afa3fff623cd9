//! What people see: pages, and problems as pages.
