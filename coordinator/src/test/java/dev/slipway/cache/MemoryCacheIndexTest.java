package dev.slipway.cache;

class MemoryCacheIndexTest extends CacheIndexContract {
  @Override
  CacheIndex index() {
    return new MemoryCacheIndex();
  }
}
