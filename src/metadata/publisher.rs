//! Where the rest of the broker sees the newest image, and waits for it.

use std::sync::Arc;

use tokio::sync::watch;

use super::image::Image;
use crate::model::Offset;

/// The newest image, and word of every newer one.
#[derive(Debug, Clone)]
pub struct Publisher {
    sender: watch::Sender<Arc<Image>>,
}

impl Default for Publisher {
    fn default() -> Self {
        Publisher::new(Image::default())
    }
}

impl Publisher {
    /// A publisher whose first image is this one.
    #[must_use]
    pub fn new(image: Image) -> Publisher {
        Publisher { sender: watch::Sender::new(Arc::new(image)) }
    }

    /// The newest image.
    #[must_use]
    pub fn current(&self) -> Arc<Image> {
        self.sender.borrow().clone()
    }

    /// A watch of the newest image. A slow watcher skips images, never sees one twice and never an older one after a newer.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Image>> {
        self.sender.subscribe()
    }

    /// Shows a newer image to everyone.
    pub fn publish(&self, image: Image) {
        self.sender.send_replace(Arc::new(image));
    }

    /// Waits until an image holds the record at `offset`, and gives the newest image then.
    pub async fn published(&self, offset: Offset) -> Arc<Image> {
        let mut watch = self.sender.subscribe();
        let seen = watch.wait_for(|image| image.provenance().offset >= offset).await;
        seen.expect("the sender lives as long as this call borrows it").clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Provenance;

    fn image_at(offset: i64) -> Image {
        let mut image = Image::default();
        image.set_provenance(Provenance { offset: Offset(offset), ..Provenance::NONE });
        image
    }

    #[tokio::test]
    async fn waiting_ends_when_the_offset_is_published() {
        let publisher = Publisher::default();
        let other = publisher.clone();
        let waiting = crate::io::spawn::spawn(async move { other.published(Offset(5)).await.provenance().offset });
        for offset in [3, 4, 6] {
            publisher.publish(image_at(offset));
        }
        assert_eq!(waiting.await.expect("the task ends"), Offset(6));
        assert_eq!(publisher.current().provenance().offset, Offset(6));
    }
}
